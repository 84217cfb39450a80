import Governance
public import PortalProtocol
import PortalStore
public import Statements
public import Vocabulary

extension SyncServer {
    /// The newest; an EdgeHSM that was in touch has the older ones.
    static let mostOrders = 1_000

    /// RoleKeys after the EdgeHSM's own, orders, and a status of now with the receipt.
    ///
    /// Throws `portal.sync.other-factory` and what the token refuses.
    public func downlink(
        to edge: EdgeHSMID,
        of factory: FactoryID,
        _ request: DownlinkRequest
    ) async throws -> DownlinkBundle {
        let time = now()
        let found = try await database.read { transaction in
            try requireEdge(edge, of: factory, in: transaction)
            let governance = GovernanceTable(transaction)
            let log = try JournalLogs(transaction).current(of: edge)
            let keys = try governance.roleKeys()
            return (
                keys: keys,
                orders: Array(try OfficersWord(transaction).orders(for: edge, at: time).suffix(Self.mostOrders)),
                offers: try offers.offers(to: edge, in: transaction), size: log?.size ?? 0,
                root: log?.root ?? JournalLog.emptyRoot
            )
        }
        // Without RoleKeys nobody would obey a status.
        guard !found.keys.isEmpty else { return DownlinkBundle() }
        let status = PortalStatus(
            edgeHSM: edge,
            time: time,
            nonce: request.nonce ?? Nonce(validated: FreshBytes.make(Nonce.size)),
            revokedAuthorizations: found.offers.revoked,
            closeAuthorizations: found.offers.closed,
            roleKeysVersion: found.keys.count,
            storedSize: found.size,
            storedRoot: found.root
        )
        try status.validate()
        return DownlinkBundle(
            roleKeys: Array(found.keys.dropFirst(max(request.roleKeysVersion, 0))),
            orders: found.orders,
            status: try await status.unsigned().signed(by: portalKey())
        )
    }

    /// Throws `portal.object.unknown`.
    func package(_ authorization: Digest256, for edge: EdgeHSMID, of factory: FactoryID) async throws -> [UInt8] {
        let found = try await database.read { transaction in
            try requireEdge(edge, of: factory, in: transaction)
            return try offers.package(authorization, for: edge, in: transaction)
        }
        guard let found else { throw Refusal(PortalError.unknownObject) }
        return found
    }

    func certificates(of product: ProductName, for edge: EdgeHSMID, of factory: FactoryID) async throws -> [UInt8] {
        let found = try await database.read { transaction in
            try requireEdge(edge, of: factory, in: transaction)
            return try offers.certificates(of: product, for: edge, in: transaction)
        }
        guard let found else { throw Refusal(PortalError.unknownObject) }
        return found
    }

    func firmware(_ digest: Digest256, of factory: FactoryID) async throws -> OfferedFile {
        let edges = try await database.read { try SiteRecords($0).edges(of: factory) }
        guard let found = try await offers.firmware(digest, for: edges) else {
            throw Refusal(PortalError.unknownObject)
        }
        return found
    }
}

/// One file of what goes down by stick: the octets that the link would carry, named so that they are taken in this order.
struct StickFile: Sendable {
    let name: String
    let size: Int
    let read: @Sendable (Range<Int>) async throws -> [UInt8]

    init(_ name: String, _ bytes: [UInt8]) {
        (self.name, size) = (name, bytes.count)
        read = { Array(bytes[$0]) }
    }

    init(_ name: String, _ file: OfferedFile) {
        (self.name, size, read) = (name, file.size, file.read)
    }
}

extension SyncServer {
    /// Everything for a factory's inbox: downlink bundles, certificates, packages, firmware, and what the portal has.
    func stick(for factory: FactoryID) async throws -> [StickFile] {
        let sources = try await database.read { try SiteRecords($0).sources(of: factory) }
        let base = try await state(of: factory, source: nil)
        var files: [StickFile] = []
        for edge in base.edges {
            let bundle = try await downlink(to: edge.edgeHSM, of: factory, DownlinkRequest(roleKeysVersion: 0))
            files.append(StickFile("1-downlink-\(edge.edgeHSM).json", try StatementCoding.encode(bundle)))
            for product in edge.certificates {
                let bytes = try await certificates(of: product, for: edge.edgeHSM, of: factory)
                files.append(StickFile("2-certificates-\(edge.edgeHSM)-\(product).json", bytes))
            }
            for package in edge.packages {
                let bytes = try await self.package(package.authorization, for: edge.edgeHSM, of: factory)
                files.append(StickFile("3-package-\(package.authorization).json", bytes))
            }
        }
        for digest in Set(base.edges.flatMap { $0.firmware.map(\.digest) }).sorted() {
            files.append(StickFile("4-firmware-\(digest)", try await firmware(digest, of: factory)))
        }
        for source in sources {
            let state = try await state(of: factory, source: source.source)
            files.append(StickFile("5-state-\(source.source).json", try state.serialized()))
        }
        if sources.isEmpty { files.append(StickFile("5-state.json", try base.serialized())) }
        return files
    }
}
