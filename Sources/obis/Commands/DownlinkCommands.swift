import ArgumentParser
import Governance
import KeyCustody
import Statements
import Vocabulary

struct OrderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Make an unsigned officers' order from its JSON: revoke, resetClock, releaseAllotment, retireEdgeHSM."
    )

    @Argument(help: "The order: {order, reason, issuedAt, expiresAt}.", completion: .file())
    var file: String
    @Option(name: .shortAndLong, help: "Envelope to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let written = try Files.write(Files.reviewed(OfficerOrder.self, "officers' order", file).unsigned(), to: out)
        try Output.show(written, written.words)
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Make the portal's signed status for one EdgeHSM."
    )

    @Option(help: "The EdgeHSM.")
    var edgehsm: String
    @Option(help: "RoleKeys: the newest version's file, or the folder with all versions.")
    var roleKeys: String
    @Option(help: "Token file of the portal token.", completion: .file())
    var token: String
    @Option(help: "Time to state; the clock's unless given.")
    var time: String?
    @Option(help: "Id of a revoked authorization; may be repeated. All that were ever revoked belong here.")
    var revoke: [String] = []
    @Option(help: "Id of an authorization to close before its end; may be repeated.")
    var close: [String] = []
    @Option(help: "Journal entries stored so far.")
    var storedSize = 0
    @Option(help: "Merkle root of the stored entries; the empty tree's unless given.")
    var storedRoot: String?
    @Option(name: .shortAndLong, help: "Envelope to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard storedSize >= 0, (storedSize == 0) == (storedRoot == nil) else {
            throw ValidationError("--stored-size and --stored-root go together.")
        }
    }

    func run() async throws {
        let keys = try Files.newestRoleKeys(roleKeys)
        var generator = SystemRandomNumberGenerator()
        let status = PortalStatus(
            edgeHSM: try EdgeHSMID(edgehsm),
            time: try time.map { try Instant($0) } ?? Files.now(),
            nonce: try Nonce((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }),
            revokedAuthorizations: try revoke.map { try Digest256(hex: $0) },
            closeAuthorizations: try close.map { try Digest256(hex: $0) },
            roleKeysVersion: keys.content.version,
            storedSize: storedSize,
            // RFC 6962 section 2.1: the root of an empty tree is the digest of nothing.
            storedRoot: try storedRoot.map { try Digest256(hex: $0) } ?? Digest256.of([])
        )
        let envelope = try await PKCS11Access().withToken(Files.reference(token)) {
            try await Downlink.status(status, roleKeys: keys, token: $0)
        }
        let written = try Files.write(envelope, to: out)
        try Output.show(written, written.words)
    }
}

struct BundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Join RoleKeys, officers' orders and a status to what goes down to an EdgeHSM."
    )

    @Option(help: "Folder with every version of RoleKeys.")
    var roleKeys: String
    @Option(help: "RoleKeys version that the EdgeHSM has.")
    var after = 0
    @Option(help: "A signed order; may be repeated, applied in this order.", completion: .file())
    var order: [String] = []
    @Option(help: "The portal's status.", completion: .file())
    var status: String?
    @Option(name: .shortAndLong, help: "Bundle to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let bundle = try Downlink.bundle(
            history: Files.roleKeys(roleKeys),
            after: after,
            orders: order.map(Files.envelope),
            status: status.map(Files.envelope)
        )
        let bytes = try StatementCoding.encode(bundle)
        guard bytes.count <= DownlinkBundle.largest else {
            throw Refusal(StatementError.tooLarge, "bundle of \(bytes.count) octets")
        }
        try StateFile.write(out, bytes)
        let written = Written(file: out, digest: Digest256.of(bytes))
        try Output.show(written, written.words)
    }
}
