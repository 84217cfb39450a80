public import Statements
public import Vocabulary

/// What the officers took out of force. The portal, `obis authorize` and ceremonies all ask here, so that a target is out of
/// force for all of them or for none.
public struct OfficersRevocations: Sendable, Hashable {
    /// For places where there can be no order, such as tests.
    public static let none = OfficersRevocations(judged: [])

    /// An EdgeHSM that was declared dead, for whichever product, is in it as revoked.
    public let targets: Set<RevocationTarget>

    /// Of orders that were judged when they came: one whose officers have gone since still takes away what it took.
    public init(judged orders: some Sequence<OfficerOrder>) { targets = Set(orders.compactMap(\.order.target)) }

    /// Of orders as people carry them. Each must be signed by m officers of one of the versions; that it, or its officers'
    /// RoleKeys, have expired since gives nothing back.
    ///
    /// - Parameter history: RoleKeys in order, the newest last.
    /// - Throws: a `StatementError`: an order that counts under no version is refused, never passed over.
    public init(_ orders: [Envelope], history: [Verified<RoleKeys>]) throws {
        self.init(judged: try orders.map { try Self.judge($0, history).content })
    }

    /// The orders in a folder, whatever their files are called; none where there is no such folder. A file that is no
    /// statement is refused, since it may be the order that counts.
    ///
    /// - Throws: `ceremony.file.*`, a `StatementError`.
    public static func orders(in folder: String) throws -> [Envelope] {
        guard StateFile.exists(folder) else { return [] }
        return try StateFile.readableNames(in: folder).map {
            try Envelope(parsing: StateFile.read("\(folder)/\($0)", limit: Envelope.largest))
        }
    }

    private static func judge(_ envelope: Envelope, _ history: [Verified<RoleKeys>]) throws -> Verified<OfficerOrder> {
        var problem = Refusal(StatementError.tooFewOfficers, "order \(envelope.statementID)")
        for version in history.reversed() {
            do { return try Verified(envelope, signedByOfficersOf: version.content) } catch let refusal as Refusal {
                problem = refusal
            }
        }
        throw problem
    }

    /// Key ids whose signatures count no more.
    public var compromisedKeys: Set<Digest256> {
        Set(targets.compactMap { if case .roleKey(let key) = $0 { key } else { nil } })
    }

    /// Revoked, or declared dead.
    public func isOutOfForce(_ edge: EdgeHSMID) -> Bool { targets.contains(.edgeHSM(edge)) }

    /// What of a batch's ground is out of force; nil where all of it is in force.
    ///
    /// - Parameters:
    ///   - manifest: the product version's.
    ///   - authorization: nil while the batch is only asked for.
    public func target(
        approval: Digest256,
        manifest: Digest256,
        edgeHSM: EdgeHSMID,
        authorization: Digest256? = nil
    ) -> RevocationTarget? {
        let grounds: [RevocationTarget?] = [
            .approval(approval), .version(manifest), .edgeHSM(edgeHSM), authorization.map { .authorization($0) },
        ]
        return grounds.compactMap { $0 }.first(where: targets.contains)
    }
}

extension OfficerOrder.Order {
    /// What it takes out of force; nil for an order that takes nothing.
    fileprivate var target: RevocationTarget? {
        switch self {
        case .revoke(let target): target
        case .retireEdgeHSM(let edge, _, _, _): .edgeHSM(edge)
        case .resetClock, .releaseAllotment: nil
        }
    }
}
