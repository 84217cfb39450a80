import EdgeHSMCore
import GRDB
import LineProtocol
import Logging
import Matter
import Statements
import Vocabulary

// Stations and the Factory Service get their certificates here, and the local operator has the last word.
extension EdgeEngine {
    /// Hands in a CSR; brings the newest valid certificate back once the operator has enrolled it. A key whose
    /// certificates have ended waits for the operator anew.
    func forward(
        _ request: ForwardStationRequest.Request,
        by service: String
    ) async throws
        -> ForwardStationRequest.Reply
    {
        try await serve(service, needsToken: false) {
            let parsed = try CertificateRequest(der: request.request.bytes)
            let name = request.name
            let key = parsed.publicKey.keyID
            let waiting = StationRequest(name: name, request: request.request.bytes)
            let now = now
            let enrolled = try await writer.change { _, database, _ -> [UInt8]? in
                if let leaf = try JournalStore.certificate(of: name, key: key, at: now, database) { return leaf }
                try JournalStore.keep(waiting, in: database)
                return nil
            }
            return ForwardStationRequest.Reply(
                fingerprint: waiting.fingerprint,
                certificates: enrolled.map { [Octets($0), Octets(siteCA)] }
            )
        }
    }

    func stationRequests() async throws -> ListStationRequests.Reply {
        let waiting = try await writer.read { try JournalStore.stationRequests($0.database) }
        return ListStationRequests.Reply(
            pending: waiting.map { ListStationRequests.Pending(name: $0.name, fingerprint: $0.fingerprint) }
        )
    }

    func enrol(_ request: EnrolStation.Request, by user: String) async throws -> EnrolStation.Reply {
        try await serve(user) {
            let asked = try await asked(request)
            guard Digest256.of(asked) == request.fingerprint else {
                throw Refusal(EdgeDaemonError.stationFingerprint, request.name.text)
            }
            let certificates = try await execution.issueStationCertificate(
                asked,
                name: request.name,
                role: request.role,
                days: request.days,
                at: now
            )
            guard let leaf = certificates.first else {
                throw Refusal(EdgeError.internalFault, "no certificate was made")
            }
            try await perform(
                also: { database, _ in try JournalStore.forget(stationRequest: request.name, in: database) },
                { _ in
                    RecordEnrolment(
                        requester: user,
                        name: request.name,
                        role: request.role.rawValue,
                        certificate: Octets(leaf)
                    )
                }
            )
            return EnrolStation.Reply(certificates: certificates.map { Octets($0) })
        }
    }

    /// The CSR that the operator brought, or the waiting one that he means.
    private func asked(_ request: EnrolStation.Request) async throws -> [UInt8] {
        if let brought = request.request { return brought.bytes }
        let waiting = try await writer.read { try JournalStore.stationRequests($0.database) }
        let meant = waiting.first { $0.name == request.name && $0.fingerprint == request.fingerprint }
        guard let meant else { throw Refusal(EdgeDaemonError.noStationRequest, request.name.text) }
        return meant.request
    }

    func revoke(_ request: RevokeStation.Request, by user: String) async throws -> Nothing {
        try await serve(user, needsToken: false) {
            try await perform { _ in
                RevokePeer(requester: user, name: request.name, fingerprint: request.fingerprint)
            }
            return Nothing()
        }
    }

    func offerClockNonce(by user: String) async throws -> OfferClockNonce.Reply {
        try await serve(user, needsToken: false) {
            let nonce = Nonce(validated: Random.octets(Nonce.size))
            try await perform { _ in OfferClockReset(requester: user, nonce: nonce) }
            return OfferClockNonce.Reply(nonce: nonce)
        }
    }

    func zeroise(_ request: Zeroise.Request, by user: String) async throws -> Nothing {
        try await serve(user) {
            // Not while a load or a preparation brings keys.
            try await loads.run {
                try await perform { _ in
                    ZeroiseCommand(requester: user, edgeHSM: request.edgeHSM, reason: request.reason.text)
                }
                try await destroyAllKeys()
            }
            return Nothing()
        }
    }

    /// After the journal says so, and again at each start of a zeroised EdgeHSM: a crash in between leaves nothing.
    func destroyAllKeys() async throws {
        do {
            try await keepLastCheckpoint()
        } catch {
            // Destroying comes first: the journal stays without its last signature rather than the keys in the token.
            logger.error("no last checkpoint", metadata: ["error": "\(error)"])
        }
        try await execution.zeroise()
        logger.notice("the keys of this EdgeHSM are destroyed")
    }

    /// Keys that a load brought and no entry names: the process died in between. Asked at each start, before serving.
    func destroyOrphans() async throws {
        let ids = writer.peek { Array($0.durable.authorizations.keys) }
        let destroyed = try await execution.destroyOrphans(loaded: ids.map { try batch($0, declaration: []) })
        for label in destroyed {
            logger.notice("a key of a load that was never journaled is destroyed", metadata: ["key": "\(label)"])
        }
    }
}
