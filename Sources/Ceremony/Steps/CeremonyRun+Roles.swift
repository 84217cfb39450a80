import Governance
import KeyCustody
import Statements
import Vocabulary

// RoleKeys and the enrolment of EdgeHSMs.
extension CeremonyRun {
    func roleKeys(_ token: (any Token)?) async throws {
        guard let wanted = file.roleKeys else { return }
        let history = try state.roleKeysHistory()
        let newest = history.last
        let path = StateFolder.roleKeys(wanted.version)
        let subject = "version \(wanted.version), \(wanted.threshold) of \(wanted.officers.count) officers"
        guard [history.count, history.count + 1].contains(wanted.version), wanted.version >= 1 else {
            throw Refusal(CeremonyError.versionGap, "\(wanted.version), newest is \(history.count)")
        }
        let generation = wanted.portalKeys.generation
        let root = points[.generation(.rootAuthority, file.rootAuthority.generation)]
        guard let root, let authorizer = points[.generation(.authorizer, generation)],
            let portal = points[.generation(.portal, generation)],
            let labelRecord = points[.generation(.labelRecord, generation)]
        else {
            guard conditions.dryRun, wanted.version > history.count else {
                throw Refusal(CeremonyError.keyLost, "RoleKeys exist and their keys do not")
            }
            return planned("role-keys", subject, files: [path])
        }
        let isNewest = newest != nil && wanted.version == history.count
        let content = RoleKeys(
            oem: file.oem,
            version: wanted.version,
            previous: isNewest ? newest?.content.previous : newest?.id,
            root: root,
            officers: wanted.officers.map { RoleKeys.Officer(name: $0.name, key: $0.key) },
            threshold: wanted.threshold,
            authorizer: authorizer,
            portal: portal,
            labelRecord: labelRecord,
            issuedAt: wanted.issuedAt,
            expiresAt: wanted.expiresAt
        )
        try content.validate()
        if isNewest, let newest {
            guard newest.content == content else { throw Refusal(CeremonyError.differs, path) }
            return unchanged("role-keys", subject, keyID: root.keyID)
        }
        guard !conditions.dryRun, let token else { return planned("role-keys", subject, files: [path]) }
        var envelope = try content.unsigned()
        if let old = newest?.content, old.root != root {
            envelope = try await envelope.signed(by: token.signingKey(.rootAuthority, equal: old.root))
        }
        envelope = try await envelope.signed(by: token.signingKey(.rootAuthority, equal: root))
        // As every reader will: the whole history, this version included.
        _ = try RoleKeysHistory.verify(history.map(\.envelope) + [envelope])
        try made("role-keys", subject, keyID: root.keyID, files: [(path, envelope.serialized())])
    }

    // MARK: - EdgeHSMs

    /// Checks an appliance's own request, has the portal token's security officer trust its transport key, and leaves
    /// the enrolment for the officers to sign.
    func enrol(
        _ entry: CeremonyFile.EdgeHSM,
        _ revoked: OfficersRevocations,
        portalPresent: Bool
    ) async throws {
        let path = StateFolder.enrolment(entry.edgeHSM)
        let enrolment = try enrolmentRequest(entry)
        let payload = try enrolment.payload()
        // Before its transport key is trusted with anything.
        let existing = try state.read(path).map { try Envelope(parsing: $0) }
        if let existing, existing.payload != payload || existing.payloadType != EdgeHSMEnrolment.payloadType {
            throw Refusal(CeremonyError.replaced, "\(entry.edgeHSM) in \(path)")
        }
        let transport = KeyName.transport(of: enrolment)
        let subject = "\(entry.edgeHSM) at \(entry.factory), identity \(enrolment.identity.keyID.hex.prefix(16))"
        if revoked.isOutOfForce(entry.edgeHSM) {
            guard existing != nil else { throw Refusal(CeremonyError.outOfForce, entry.edgeHSM.text) }
            return unchanged("enrolment", subject, keyID: enrolment.identity.keyID)
        }
        let isTrusted =
            portalPresent ? try await access.withToken(file.tokens.portal.token) { try await $0.has(transport) } : false
        if isTrusted {
            unchanged("trusted-transport", transport.label)
        } else if conditions.dryRun {
            planned("trusted-transport", transport.label)
        } else {
            try await access.officer(of: file.tokens.portal.token)
                .registerTrusted(transport, publicKey: enrolment.transport.bytes)
            try made("trusted-transport", transport.label)
        }
        if existing != nil { return unchanged("enrolment", subject, keyID: enrolment.identity.keyID) }
        if conditions.dryRun { return planned("enrolment", subject, files: [path]) }
        try made(
            "enrolment",
            subject,
            keyID: enrolment.identity.keyID,
            files: [(path, enrolment.unsigned().serialized())]
        )
    }

    /// Has the portal token's security officer destroy the transport key of each EdgeHSM that the officers revoked or
    /// declared dead: no product key can be wrapped to it any more, whoever asks the token.
    func withdrawTrust(_ revoked: OfficersRevocations, portalPresent: Bool) async throws {
        guard portalPresent else { return }
        for enrolment in try state.enrolments() where revoked.isOutOfForce(enrolment.edgeHSM) {
            let transport = KeyName.transport(of: enrolment)
            let path = StateFolder.withdrawn(enrolment.edgeHSM)
            let record = WithdrawnTransport(edgeHSM: enrolment.edgeHSM, transport: transport.label)
            let bytes = try StatementCoding.encode(record)
            let isTrusted = try await access.withToken(file.tokens.portal.token) { try await $0.has(transport) }
            if !isTrusted, try state.read(path) == bytes {
                unchanged("withdrawn-transport", transport.label)
            } else if conditions.dryRun {
                planned("withdrawn-transport", transport.label, files: [path])
            } else {
                // Gone without its record: a power cut came in between.
                if isTrusted { try await access.officer(of: file.tokens.portal.token).removeTrusted(transport) }
                try made("withdrawn-transport", transport.label, files: [(path, bytes)])
            }
        }
    }

    /// The request's content, once its self-signature and the reviewed file agree with it.
    private func enrolmentRequest(_ entry: CeremonyFile.EdgeHSM) throws -> EdgeHSMEnrolment {
        let envelope = try Envelope(parsing: StateFile.read(entry.request, limit: Envelope.largest))
        let claimed = try EdgeHSMEnrolment.read(payload: envelope.payload)
        do {
            _ = try Verified<EdgeHSMEnrolment>(envelope, signedBy: claimed.identity)
        } catch let refusal as Refusal where !refusal.has(StatementError.wrongType) {
            throw Refusal(CeremonyError.requestUnsigned, entry.edgeHSM.text)
        }
        guard claimed.edgeHSM == entry.edgeHSM, claimed.factory == entry.factory,
            claimed.identity.keyID.hex.prefix(16) == entry.identity, try claimed.payload() == envelope.payload
        else { throw Refusal(CeremonyError.differs, "the request of \(entry.edgeHSM) is not the reviewed one") }
        guard !isProduction || claimed.assurance == "hardware" else {
            throw Refusal(CeremonyError.softwareToken, "EdgeHSM \(entry.edgeHSM)")
        }
        guard !points.values.contains(claimed.identity), !points.values.contains(claimed.seal) else {
            throw Refusal(CeremonyError.keyReused, "identity of \(entry.edgeHSM)")
        }
        return claimed
    }
}
