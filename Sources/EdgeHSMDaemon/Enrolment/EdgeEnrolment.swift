import FoundationEssentials
public import KeyCustody
public import ServiceSupport
public import Statements
public import Vocabulary

/// Makes an EdgeHSM out of a token and an empty folder: keys, then the OEM's registration, then the first entry.
/// Every step may be repeated; what is done already is left as it is.
public struct EdgeEnrolment: Sendable {
    /// Keys that every EdgeHSM has, whatever it will make.
    public static let roles: [KeyRole] = [.edgeIdentity, .edgeTLS, .edgeTransport, .edgeSeal, .siteCA]
    /// And with those that it gets by what it makes: what its token must be able to hold.
    public static let tokenRoles = Set<KeyRole>(
        roles + [.pai, .debugIntermediate, .unitSecret, .importedFleetKey, .importedMasterKey]
    )

    let configuration: EdgeConfiguration
    let token: any Token
    let execution: any Execution
    let clock: ClockSource

    public init(
        configuration: EdgeConfiguration,
        token: any Token,
        execution: any Execution,
        clock: ClockSource = .system
    ) {
        self.configuration = configuration
        self.token = token
        self.execution = execution
        self.clock = clock
    }

    /// Makes the keys in the token and the TLS server certificate.
    public func initialise() async throws -> ServerCertificates {
        try Self.requireProfile(configuration, token.information)
        for role in Self.roles where try await !token.has(KeyName(role)) { try await token.generate(KeyName(role)) }
        return try await ServerCertificateFile.renewed(
            configuration: configuration,
            execution: execution,
            now: clock.realtime()
        )
    }

    /// A production profile refuses a token that is only software.
    public static func requireProfile(_ configuration: EdgeConfiguration, _ token: TokenDescription) throws {
        guard configuration.profile == .lab || token.assurance == .hardware else {
            throw Refusal(EdgeDaemonError.softwareToken, "\(token.label) of \(token.manufacturer)")
        }
    }

    /// What the OEM's officers are asked to sign: an `EdgeHSMEnrolment`, signed by the identity key it names.
    public func request() async throws -> Envelope {
        let now = clock.realtime()
        return try await execution.signByIdentity(
            EdgeHSMEnrolment(
                edgeHSM: configuration.edgeHSM,
                factory: configuration.factory,
                identity: token.signingKey(KeyName(.edgeIdentity)).publicKey,
                seal: token.agreementKey(KeyName(.edgeSeal)).publicKey,
                transport: Octets(token.transportPublicKey(KeyName(.edgeTransport))),
                tokenSerial: token.information.serial,
                assurance: token.information.assurance.rawValue,
                issuedAt: now
            ).unsigned()
        )
    }

    /// What identifies this appliance on paper, read from its token and not from a file: the first 16 hexadecimal digits
    /// of the identity key's id, as the ceremony file names it.
    public func identityDigits() async throws -> String {
        String(try await token.signingKey(KeyName(.edgeIdentity)).publicKey.keyID.hex.prefix(16))
    }

    /// Pins root authority and RoleKeys in the token and writes the journal's first entry.
    ///
    /// `roleKeys` are all versions in order, the first signed by `root`; `enrolment` must be signed by officers of one of
    /// them and name this EdgeHSM, this site and this token's keys. The journal begins with the newest version that it
    /// counts under; later ones come by downlink. Throws `edge.enrolment.*` and `statement.*`.
    public func enrol(root: P256Point, roleKeys: [Envelope], enrolment: Envelope) async throws {
        let history = try Self.history(roleKeys, root: root)
        guard let newest = history.last else { throw Refusal(EdgeDaemonError.enrolmentMismatch, "no RoleKeys") }
        let keys =
            history.last {
                (try? Verified<EdgeHSMEnrolment>(enrolment, signedByOfficersOf: $0.content)) != nil
            } ?? newest
        let statement = try Verified<EdgeHSMEnrolment>(enrolment, signedByOfficersOf: keys.content)
        try await check(statement.content)
        let pin = EnrolmentPin(
            edgeHSM: configuration.edgeHSM,
            root: root,
            roleKeys: keys.id,
            enrolment: statement.id
        )
        try await pin.write(to: token)
        let genesis = Genesis(
            edgeHSM: configuration.edgeHSM,
            factory: configuration.factory,
            identity: statement.content.identity,
            seal: statement.content.seal,
            roleKeys: keys.envelope,
            enrolment: statement.id
        )
        let store = try JournalStore(path: configuration.journalPath)
        defer { try? store.close() }
        let first = try EdgeStart.begin(
            store,
            genesis: genesis,
            at: max(clock.realtime(), statement.content.issuedAt)
        )
        try await EdgeStart.anchorFirst(first, in: store, token)
    }

    /// Version 1, 2, 3 … all under the root authority that is pinned.
    private static func history(_ envelopes: [Envelope], root: P256Point) throws -> [Verified<RoleKeys>] {
        var history: [Verified<RoleKeys>] = []
        for envelope in envelopes {
            let next =
                try history.last.map { try $0.content.successor(envelope, ownID: $0.id) }
                ?? Verified<RoleKeys>(envelope, signedBy: root)
            guard next.content.root == root, next.content.version == history.count + 1 else {
                throw Refusal(EdgeDaemonError.enrolmentMismatch, "RoleKeys version \(next.content.version)")
            }
            history.append(next)
        }
        return history
    }

    private func check(_ content: EdgeHSMEnrolment) async throws {
        func require(_ condition: Bool, _ what: String) throws {
            guard condition else { throw Refusal(EdgeDaemonError.enrolmentMismatch, what) }
        }
        try require(content.edgeHSM == configuration.edgeHSM, "EdgeHSM \(content.edgeHSM)")
        try require(content.factory == configuration.factory, "factory \(content.factory)")
        try require(content.tokenSerial == token.information.serial, "token serial")
        try require(content.assurance == token.information.assurance.rawValue, "assurance")
        let identity = try await token.signingKey(KeyName(.edgeIdentity)).publicKey
        try require(content.identity == identity, "identity key")
        let seal = try await token.agreementKey(KeyName(.edgeSeal)).publicKey
        try require(content.seal == seal, "seal key")
        let transport = try await token.transportPublicKey(KeyName(.edgeTransport))
        try require(content.transport.bytes == transport, "transport key")
    }
}
