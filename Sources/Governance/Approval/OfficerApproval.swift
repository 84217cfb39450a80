public import KeyCustody
public import Statements
public import Vocabulary

/// An officer looks at a statement, confirms it, and signs it with their own token.
public struct OfficerApproval: Sendable {
    public let envelope: Envelope
    public let rendering: StatementRendering
    private let roleKeys: Verified<RoleKeys>
    private let history: [Verified<RoleKeys>]
    private let earlier: [Envelope]
    private let evidence: [InclusionFile]
    private let memory: OfficerMemory

    /// Reads the statement and checks everything that needs no token.
    ///
    /// - Parameters:
    ///   - earlier: envelopes of the product's earlier approvals, of officers' orders and of enrolments, in any order.
    ///   - evidence: journal entries with which EdgeHSMs gave allotment up.
    ///   - manifest: octets of the manifest that an approval names, to be shown in words with it.
    ///   - history: RoleKeys in order up to `roleKeys`, under which enrolments count; empty: `roleKeys` alone.
    /// - Throws: `officer.*`, a `StatementError`.
    public init(
        _ envelope: Envelope,
        roleKeys: Verified<RoleKeys>,
        earlier: [Envelope],
        evidence: [InclusionFile] = [],
        history: [Verified<RoleKeys>] = [],
        manifest: [UInt8]? = nil,
        memory: OfficerMemory
    ) throws {
        let kinds = [
            VersionApproval.payloadType, EdgeHSMEnrolment.payloadType, OfficerOrder.payloadType, RoleKeys.payloadType,
        ]
        guard kinds.contains(envelope.payloadType) else {
            throw Refusal(GovernanceError.notForOfficers, String(envelope.payloadType.prefix(80)))
        }
        self.rendering = try StatementRendering(envelope).adding(Self.lines(of: manifest, in: envelope))
        self.envelope = envelope
        self.roleKeys = roleKeys
        self.history = history.isEmpty ? [roleKeys] : history
        self.earlier = earlier
        self.evidence = evidence
        self.memory = memory
        try check()
    }

    /// The manifest's digest is what is signed; its words are shown only where its octets have that digest.
    private static func lines(of manifest: [UInt8]?, in envelope: Envelope) throws -> [StatementRendering.Line] {
        guard envelope.payloadType == VersionApproval.payloadType else {
            guard manifest == nil else {
                throw Refusal(GovernanceError.manifestDiffers, "this statement names no manifest")
            }
            return []
        }
        guard let manifest else {
            return [.init(field: "manifest's content", words: "not shown here: give its file to see it in words")]
        }
        let digest = try VersionApproval.read(payload: envelope.payload).manifest
        guard Digest256.of(manifest) == digest else {
            throw Refusal(GovernanceError.manifestDiffers, "the approval names \(digest)")
        }
        return ManifestRendering.lines(try Manifest(parsing: manifest))
            .map { .init(field: "manifest: \($0.field)", words: $0.words) }
    }

    /// What the officer's memory and the product's chain say. Again just before signing, under the memory's lock.
    private func check() throws {
        try memory.accept(roleKeys)
        guard envelope.payloadType == VersionApproval.payloadType else { return }
        let approval = try VersionApproval.read(payload: envelope.payload)
        let orders = earlier.compactMap { try? Verified<OfficerOrder>($0, signedByOfficersOf: roleKeys.content) }
        let enrolments = earlier.filter { $0.payloadType == EdgeHSMEnrolment.payloadType }
        let releases =
            try orders.compactMap { AllotmentRelease($0) }
            + evidence.map { try AllotmentRelease($0, enrolments: enrolments, history: history) }
        try ApprovalChain.check(
            envelope,
            after: memory.lastApproval(approval.product),
            earlier: earlier.filter { $0.payloadType == VersionApproval.payloadType },
            releases: releases
        )
    }

    /// The digits that an officer types to confirm: the first 8 of the statement's id.
    public var confirmation: String { String(envelope.statementID.hex.prefix(8)) }

    /// Signs, after the typed digits were compared. What the officer signs is remembered before the signature exists, so
    /// that a power cut can't make the officer's machine forget a signature that is out.
    public func sign(with token: any Token, confirmedBy typed: String) async throws -> (Envelope, OfficerName) {
        guard typed == confirmation else { throw Refusal(GovernanceError.confirmation) }
        let lock = try StateLock(memory.lockPath)
        defer { withExtendedLifetime(lock) {} }
        try check()
        let (officer, key) = try await officerKey(token)
        guard !envelope.isSigned(by: officer.key) else {
            throw Refusal(GovernanceError.alreadySigned, officer.name.text)
        }
        guard envelope.signatures.count < Envelope.mostSignatures else {
            throw Refusal(StatementError.malformedEnvelope, "\(envelope.signatures.count) signatures")
        }
        try memory.remember(roleKeys)
        if envelope.payloadType == VersionApproval.payloadType {
            let product = try VersionApproval.read(payload: envelope.payload).product
            try memory.remember(envelope, of: product)
        }
        return (try await envelope.signed(by: key), officer.name)
    }

    private func officerKey(_ token: any Token) async throws -> (RoleKeys.Officer, any SigningKey) {
        for officer in roleKeys.content.officers where try await token.has(.officer(officer.name)) {
            let key = try await token.signingKey(.officer(officer.name))
            if key.publicKey == officer.key { return (officer, key) }
        }
        throw Refusal(GovernanceError.notOfficer, token.information.label)
    }
}

/// Makes an officer's approval key in the officer's own token.
public enum OfficerKey {
    /// Makes the key, or returns the public key of the one that is there.
    public static func make(_ name: OfficerName, in token: any Token) async throws -> P256Point {
        if try await !token.has(.officer(name)) { try await token.generate(.officer(name)) }
        return try await token.signingKey(.officer(name)).publicKey
    }
}
