public import Vocabulary

/// Finds the handler of a request, runs it, and makes the reply's frame: for callers of one role.
///
/// Which operations a role has is decided by types: `mount` exists for `StationOperation`s on a router of
/// `StationContext` and so on, so a service operation can't be mounted for stations by mistake. Whatever is not mounted
/// is refused.
public struct OperationRouter<Context: CallerContext>: Sendable {
    /// How a request ended, for logs, metrics and the journal of refusals.
    public struct Outcome: Sendable {
        /// Empty where not even the header could be read.
        public let operation: String
        public let requestID: String
        /// What the caller was told; absent when all went well.
        public let refusal: Refusal?
        /// The error behind `line.service.internal`: for the service's own log, never for the caller.
        public let fault: (any Error)?
    }

    private typealias Handler = @Sendable (Context, ReceivedRequest) async throws -> [UInt8]
    private var handlers: [String: Handler] = [:]
    private let observer: @Sendable (Context, Outcome) async -> Void

    /// `observer` runs after each request and before its reply leaves.
    public init(observer: @escaping @Sendable (Context, Outcome) async -> Void = { _, _ in }) {
        self.observer = observer
    }

    public var operations: [String] { handlers.keys.sorted() }

    /// Answers one frame with one frame; never throws, so that every request gets a reply.
    public func answer(_ context: Context, _ frame: [UInt8]) async -> [UInt8] {
        var header = RequestHeader(version: LineMessage.version, id: Self.unknownID, operation: "")
        do {
            let request = try LineMessage.read(frame)
            header = request.header
            let reply = try await handler(of: header.operation)(context, request)
            await observer(context, outcome(header, nil, nil))
            return reply
        } catch let refusal as Refusal {
            await observer(context, outcome(header, refusal, nil))
            return LineMessage.refusal(id: header.id, refusal)
        } catch {
            let refusal = Refusal(LineProtocolError.internalFault)
            await observer(context, outcome(header, refusal, error))
            return LineMessage.refusal(id: header.id, refusal)
        }
    }

    /// The reply to a request that is refused before it reaches a router; repeats the request's id where it has one.
    public static func refuse(_ refusal: Refusal, request frame: [UInt8]) -> [UInt8] {
        LineMessage.refusal(id: (try? LineMessage.header(of: frame))?.id ?? unknownID, refusal)
    }

    private static var unknownID: String { "-" }

    private func handler(of operation: String) throws -> Handler {
        if let handler = handlers[operation] { return handler }
        let isKnown = LineOperations.names.contains(operation)
        throw Refusal(isKnown ? LineProtocolError.wrongRole : .unknownOperation, operation.kept(octets: 40))
    }

    private func outcome(_ header: RequestHeader, _ refusal: Refusal?, _ fault: (any Error)?) -> Outcome {
        Outcome(operation: header.operation, requestID: header.id, refusal: refusal, fault: fault)
    }

    private mutating func add<Operation: LineOperation>(
        _ operation: Operation.Type,
        _ handler: @escaping @Sendable (Context, Operation.Request) async throws -> Operation.Reply
    ) {
        precondition(handlers[Operation.name] == nil, "\(Operation.name) is mounted twice")
        handlers[Operation.name] = { context, request in
            let body = try LineMessage.body(of: request, for: operation)
            return try LineMessage.reply(id: request.header.id, try await handler(context, body))
        }
    }
}

extension OperationRouter where Context == StationContext {
    public mutating func mount<Operation: StationOperation>(
        _ operation: Operation.Type,
        _ handler: @escaping @Sendable (Context, Operation.Request) async throws -> Operation.Reply
    ) {
        add(operation, handler)
    }
}

extension OperationRouter where Context == ServiceContext {
    public mutating func mount<Operation: ServiceOperation>(
        _ operation: Operation.Type,
        _ handler: @escaping @Sendable (Context, Operation.Request) async throws -> Operation.Reply
    ) {
        add(operation, handler)
    }
}

extension OperationRouter where Context == OperatorContext {
    public mutating func mount<Operation: OperatorOperation>(
        _ operation: Operation.Type,
        _ handler: @escaping @Sendable (Context, Operation.Request) async throws -> Operation.Reply
    ) {
        add(operation, handler)
    }
}

extension OperationRouter where Context == WorkContext {
    public mutating func mount<Operation: WorkOperation>(
        _ operation: Operation.Type,
        _ handler: @escaping @Sendable (Context, Operation.Request) async throws -> Operation.Reply
    ) {
        add(operation, handler)
    }
}

extension OperationRouter where Context == FactoryContext {
    public mutating func mount<Operation: FactoryOperation>(
        _ operation: Operation.Type,
        _ handler: @escaping @Sendable (Context, Operation.Request) async throws -> Operation.Reply
    ) {
        add(operation, handler)
    }
}

/// Every operation that exists on any port, so that a caller of the wrong role is told so.
public enum LineOperations {
    public static let all: [any LineOperation.Type] = [
        BeginUnit.self, IssueCredential.self, GetFactoryData.self, SealKey.self, GetPermit.self, CompleteUnit.self,
        FailUnit.self, AnswerDebugChallenge.self, ReprovisionUnit.self, RotateCredential.self,
        LoadPackage.self, GetStatus.self, ApplyDownlink.self, PrepareProduct.self, InstallCertificates.self,
        ReadJournal.self, GetCheckpoint.self, CloseAuthorization.self, ForwardStationRequest.self,
        ListStationRequests.self, EnrolStation.self, RevokeStation.self, OfferClockNonce.self,
        StopCleanly.self, Zeroise.self,
        ListWorkOrders.self, ReadFirmware.self, SignIn.self, ReportUnit.self,
        GetFactoryStatus.self, TakeFile.self, ExportRecords.self, ExportProof.self, PrepareProductHere.self,
        RequestEnrolment.self,
        CloseBatch.self, SyncNow.self, BundleRecords.self,
    ]
    public static let names = Set(all.map { $0.name })
}
