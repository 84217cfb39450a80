import Durability
import EdgeHSMCore
import GRDB
import KeyCustody
import Logging
import ServiceSupport
import Statements
import Synchronization
public import Vocabulary

/// An EdgeHSM that serves: takes requests of all callers, has each decided in the one writer, executed with keys, made
/// durable, anchored where it must be, and answered. Made by `EdgeStart`.
public final class EdgeEngine: Sendable {
    /// Requests inside at one time; more are refused with `edge.queue.full`.
    static let mostRequests = 512
    /// Longest that a request is held for its twin or for a lease (decision 15).
    static let longestWait = Duration.seconds(2)

    let writer: Writer
    let keeper: AnchorKeeper
    let execution: any Execution
    let token: any Token
    let gate: TokenGate
    let admission = Admission(most: EdgeEngine.mostRequests)
    let documents: DocumentCache
    let permits = PermitMemory()
    let disk: DiskWatch
    let logger: Logger
    let seam: FaultSeam
    let softwareVersion: String
    private let siteCAHeld: Mutex<[UInt8]>
    /// Why this EdgeHSM only shows its status and journal: the start check's refusal.
    let halted: Refusal?
    /// Loads take turns: a refused one removes the keys that it brought.
    let loads = TurnLock()
    /// Ended authorizations whose keys this process has destroyed.
    let reaped = IDSet()

    init(
        writer: Writer,
        keeper: AnchorKeeper,
        execution: any Execution,
        token: any Token,
        gate: TokenGate,
        logger: Logger,
        seam: FaultSeam,
        softwareVersion: String,
        siteCA: [UInt8],
        halted: Refusal?
    ) {
        self.writer = writer
        self.keeper = keeper
        self.execution = execution
        self.token = token
        self.gate = gate
        self.documents = DocumentCache(store: writer.store)
        self.disk = DiskWatch(path: writer.store.path)
        self.logger = logger
        self.seam = seam
        self.softwareVersion = softwareVersion
        self.siteCAHeld = Mutex(siteCA)
        self.halted = halted
    }

    // MARK: What the doors ask

    /// DER.
    var siteCA: [UInt8] { siteCAHeld.withLock { $0 } }

    /// Known only once trusted time runs: a site CA that is made or shown must be dated by it.
    func take(siteCA: [UInt8]) { siteCAHeld.withLock { $0 = siteCA } }

    /// Trusted time.
    public var now: Instant {
        // Without a start no trusted time runs: what the journal says is the floor.
        guard halted == nil else { return max(writer.clock.realtime(), writer.peek { $0.durable.floor }) }
        return writer.now
    }

    /// Throws `edge.peer.unknown` or `edge.peer.revoked`.
    func peer(_ fingerprint: Digest256) throws -> EnrolledPeer { try writer.peek { try $0.peer(fingerprint) } }

    // MARK: How requests are worked on

    /// Every request of a caller goes through here: bounded, refused while nothing can be served, its refusal counted.
    func serve<Value: Sendable>(
        _ requester: String,
        needsToken: Bool = true,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await admission.run {
                if let halted { throw halted }
                if needsToken {
                    try gate.requireServing()
                    try disk.requireRoom()
                }
                return try await body()
            }
        } catch let counted as CountedRefusal {
            throw counted.refusal
        } catch let refusal as Refusal {
            await note(refusal, of: requester)
            throw refusal
        }
    }

    /// Counts a refusal that was decided outside the core.
    func note(_ refusal: Refusal, of requester: String) async {
        guard halted == nil else { return }
        _ = try? await writer.turn { _ in NoteRefusal(requester: requester, code: refusal.code) }
    }

    func flushRefusals(all: Bool) async throws {
        guard halted == nil, disk.hasRoomForRefusals else { return }
        _ = try await writer.turn { _ in FlushRefusals(all: all) }
    }

    /// Has a command decided, waits where the core says so, and returns its grant when all that it demands is done.
    ///
    /// - Parameters:
    ///   - peer: SHA-256 of the asking station's certificate, judged in each turn: a station that is revoked while its
    ///     request waits gets nothing for it.
    ///   - withheld: called where the command was granted but the grant can't be handed out: an entry, perhaps an
    ///     earlier one, is not anchored. A grant that holds something in memory must let go of it there.
    func perform<Command: EdgeCommand>(
        from peer: Digest256? = nil,
        also: @escaping @Sendable (Database, Command.Grant) throws -> Void = { _, _ in },
        withheld: (Command.Grant) async -> Void = { _ in },
        _ make: @escaping @Sendable (Writer.Facts) throws -> Command
    ) async throws -> Command.Grant {
        let deadline = ContinuousClock.now + Self.longestWait
        while true {
            let outcome = try await writer.turn(from: peer, also: also, make)
            do {
                try await settle(outcome.anchor)
            } catch {
                if case .granted(let grant) = outcome.decision { await withheld(grant) }
                throw error
            }
            switch outcome.decision {
            case .granted(let grant): return grant
            case .refused(let refusal): throw CountedRefusal(refusal: refusal)
            case .wait(let reason):
                guard ContinuousClock.now < deadline else { throw reason.refusal }
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Does what an outcome demands of the anchor. Throws `edge.anchor.not-written` where its reply must not leave.
    ///
    /// As long as an entry that must be anchored is not, no reply leaves: a retry must not be answered from a journal
    /// that the secure element doesn't know of yet.
    func settle(_ demand: AnchorDemand) async throws {
        guard writer.owesAnchor else {
            if demand == .background { renewInBackground() }
            return
        }
        do {
            try await keeper.move()
        } catch {
            logger.error("the anchor could not be moved", metadata: ["error": "\(error)"])
            throw Refusal(EdgeDaemonError.anchorNotWritten, (error as? Refusal)?.code ?? "")
        }
    }

    /// Leases are renewed off the commit path: nobody waits for this write. Several calls may have asked for one renewal;
    /// whoever comes when it is written lets the secure element rest.
    func renewInBackground() {
        Task { [self] in
            guard writer.peek({ $0.pendingAnchor }) == .background else { return }
            do {
                try await keeper.renew()
            } catch { logger.warning("leases could not be renewed", metadata: ["error": "\(error)"]) }
        }
    }

    /// Work that the passing of time brings; the daemon calls it every second.
    public func tick() async {
        guard halted == nil else { return }
        disk.look()
        do {
            if writer.owesAnchor {
                try await keeper.move()
            } else if writer.peek({ $0.pendingAnchor }) == .background {
                try await keeper.renew()
            }
            try await flushRefusals(all: false)
            permits.expire(at: now)
            try await destroyEndedKeys()
        } catch { logger.warning("background work failed", metadata: ["error": "\(error)"]) }
    }

    // MARK: Facts for execution

    var context: ExecutionContext {
        let reading = writer.clock.reading()
        return writer.peek { state in
            ExecutionContext(
                edgeHSM: state.durable.edgeHSM,
                factory: state.durable.factory,
                roleKeys: state.durable.roleKeys,
                now: state.now(at: reading)
            )
        }
    }

    /// A loaded batch with all that its units are made from. Throws `edge.authorization.unknown`, or
    /// `edge.batch.incomplete` where its Certification Declaration is lost.
    func batch(_ id: Digest256) async throws -> Batch {
        let digest = try writer.peek { state in try state.manifest(of: state.authorization(id)).certificationDeclaration
        }
        guard let declaration = try await documents.get(digest) else {
            throw Refusal(EdgeDaemonError.documentMissing, "Certification Declaration of \(id.hex)")
        }
        return try batch(id, declaration: declaration)
    }

    /// The same for destroying keys, where no Certification Declaration is needed.
    func batch(_ id: Digest256, declaration: [UInt8]) throws -> Batch {
        try writer.peek { state in
            let account = try state.authorization(id)
            guard let approval = state.durable.approvals[account.content.approval] else {
                throw Refusal(EdgeError.journalInconsistent, "approval \(account.content.approval)")
            }
            return Batch(
                id: id,
                authorization: account.content,
                approval: approval,
                manifest: try state.manifest(of: account),
                certificationDeclaration: declaration,
                certificates: state.durable.products[account.content.product]?.certificates
            )
        }
    }
}

/// A refusal that the core decided and counted.
struct CountedRefusal: Error {
    let refusal: Refusal
}

extension UnitRecord {
    /// As the execution takes it. `agreementKey` is the one of the chip's newest CSR, where there was one since.
    func issued(agreementKey newest: P256Point? = nil) -> IssuedUnit {
        IssuedUnit(
            id: unit,
            authorization: authorization,
            chipUID: chipUID,
            generation: generation,
            index: index,
            serial: serial,
            issuedAt: issuedAt,
            dac: dac.bytes,
            request: request,
            agreementKey: newest ?? agreementKey,
            commitment: commitment,
            factoryData: factoryData
        )
    }
}
