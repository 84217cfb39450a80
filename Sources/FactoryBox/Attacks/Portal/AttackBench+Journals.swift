import Crypto
import Foundation
import LineProtocol
import NIOHTTP1
import PortalProtocol
import Statements
import Vocabulary

/// A factory sends the EdgeHSM's journal otherwise than it was written, or not at all. It has all that its Factory Service
/// has: the key for the portal, and a certificate for the EdgeHSM.
extension AttackBench {
    func attackJournals() async throws {
        let portal = try portal()
        let (own, other) = (portal.intruder, portal.stranger)
        let batch = try await portal.grant("omega", 12, at: edge.id, until: oem.start + 7 * Self.day)
        try await load(await portal.package(of: batch), as: "omega")
        let first = try await journal(from: 0)
        try await attack(.foreignJournal) {
            try await other.send(first)
        } mended: {
            try await own.send(first)
        }
        let heartbeat = try await journal(from: first.end)
        try await attack(.foreignName) {
            try await other.send(other.upload(heartbeat, as: own.factory))
        } mended: {
            try await own.send(own.upload(heartbeat, as: own.factory))
        }
        try await attackGrants(portal)
        try await attackEntries(portal)
        let box = edge.id
        guard try await portal.admin.all("/v1/quarantine").allSatisfy({ try $0.string("edgeHSM") != box }) else {
            throw Refusal(FactoryBoxError.unexpected, "entries of \(box) are in quarantine")
        }
    }

    /// What the thief had this EdgeHSM load stands in its journal, under the true authorizer's key.
    private func attackGrants(_ portal: AttackedPortal) async throws {
        let (box, kind) = (edge.id, Attack.grantForged.code)
        func raised() async throws -> Int {
            try await portal.admin.all("/v1/alarms")
                .filter { try $0.string("kind") == kind && $0.string("edgeHSM") == box }
                .reduce(0) { try $0 + $1.integer("times") }
        }
        try await attack(.grantForged) {
            guard let alarm = try await portal.alarm(kind, about: box) else { return }
            throw RaisedAlarm(kind: try alarm.string("kind"), detail: try alarm.string("detail"))
        } mended: {
            let before = try await raised()
            try await portal.intruder.send(self.moreJournal())
            guard try await raised() == before else {
                throw Refusal(FactoryBoxError.unexpected, "an alarm about a batch that the portal granted")
            }
        }
    }

    private func attackEntries(_ portal: AttackedPortal) async throws {
        let own = portal.intruder
        let edited = try await moreJournal()
        try await attack(.journalEdited) {
            try await own.send(edited.changing { $0[$0.count / 2] ^= 1 })
        } mended: {
            try await own.send(edited)
        }
        try await expect("altered", of: edge.id)
        let cut = try await moreJournal()
        try await attack(.journalCut) {
            try await self.bring(own.upload(cut.dropping(last: 1)), to: portal)
        } mended: {
            try await self.bring(own.upload(cut), to: portal)
        }
        // What was signed earlier says no lie, and takes nothing back.
        let receipt = try await own.send(edited.dropping(first: edited.entries.count))
        guard receipt.storedSize == cut.end else {
            throw Refusal(FactoryBoxError.unexpected, "stored \(receipt.storedSize ?? 0) of \(cut.end)")
        }
        let whole = try await moreJournal()
        try await attack(.journalGap) {
            try await own.send(whole.dropping(first: 1))
        } mended: {
            // It stands until what was left out comes.
            try await self.expect("gap", of: self.edge.id)
            try await own.send(whole)
        }
        let signed = try await moreJournal()
        try await attack(.checkpointForged) {
            try await own.send(signed.signed(by: P256.Signing.PrivateKey()))
        } mended: {
            try await own.send(signed)
        }
        guard try await portal.alarm("gap", about: edge.id) == nil else {
            throw Refusal(FactoryBoxError.unexpected, "a gap of \(edge.id) that is none any more")
        }
    }

    // MARK: Silence

    /// The line's Factory Service keeps its journal to itself while a day and an hour go by.
    func attackSilence() async throws {
        let (portal, box) = (try portal(), site.edge.id)
        let lost = try await token(of: portal).text
        await site.hushFactoryService()
        try portal.clock.set(25 * 3_600)
        // Killed, so that it looks round at once, rather than within the minute.
        try await portal.restart()
        try await attack(.tokenExpired) {
            _ = try await portal.door.caller(token: lost).get("/v1/me")
        } mended: {
            _ = try await portal.admin.get("/v1/me")
        }
        try await attack(.journalWithheld) {
            throw try await Self.awaiting("an alarm about \(box)", within: 30) {
                guard let alarm = try await portal.alarm(Attack.journalWithheld.code, about: box) else { return nil }
                return RaisedAlarm(kind: try alarm.string("kind"), detail: try alarm.string("detail"))
            }
        } mended: {
            try await site.wakeFactoryService()
            _ = try await Self.awaiting("the end of the alarm about \(box)", within: 30) {
                try await portal.alarm(Attack.journalWithheld.code, about: box) == nil ? true : nil
            }
        }
    }

    static func awaiting<Value>(
        _ what: String,
        within seconds: Int,
        _ find: () async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if let found = try await find() { return found }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw Refusal(FactoryBoxError.unexpected, "\(what) did not come in \(seconds) s")
    }

    // MARK: The journal in the Factory Service's hands

    /// All entries from a position on, with the checkpoint of the last.
    func journal(from start: Int) async throws -> JournalChunk {
        let service = try client("service")
        let checkpoint = try await service.ask(GetCheckpoint.self, Nothing()).checkpoint
        let size = try Checkpoint.read(payload: checkpoint.payload).size
        var entries: [Octets] = []
        while start + entries.count < size {
            let request = ReadJournal.Request(from: start + entries.count, limit: size - start - entries.count)
            let part = try await service.ask(ReadJournal.self, request).entries
            guard !part.isEmpty else { throw Refusal(FactoryBoxError.unexpected, "the journal ends early") }
            entries += part
        }
        return JournalChunk(
            edgeHSM: try EdgeHSMID(edge.id),
            from: start,
            entries: Array(entries.prefix(size - start)),
            checkpoint: checkpoint
        )
    }

    /// One unit more, and all that the portal lacks since.
    func moreJournal() async throws -> JournalChunk {
        try await make("omega", SoftChip())
        return try await journal(from: storedSize())
    }

    /// Entries of the attacked EdgeHSM that the portal has.
    func storedSize() async throws -> Int {
        try await portal().admin.get("/v1/edges/\(edge.id)").integer("storedSize")
    }

    /// By a stick that the ODM's people plug in.
    private func bring(_ upload: SyncUpload, to portal: AttackedPortal) async throws {
        let reply = try await portal.manager(of: .brightline).send(
            .POST,
            "/v1/factories/\(edge.factory)/uploads",
            try upload.serialized() + [0x0A],
            headers: [("content-type", "application/x-ndjson")]
        )
        guard reply.status < 300 else { throw PortalRefusal(status: reply.status, body: reply.body) }
    }

    func expect(_ kind: String, of box: String) async throws {
        guard try await portal().alarm(kind, about: box) != nil else {
            throw Refusal(FactoryBoxError.unexpected, "no alarm \(kind) about \(box)")
        }
    }
}

extension JournalChunk {
    private func with(from: Int? = nil, _ entries: [Octets], checkpoint: Envelope? = nil) -> JournalChunk {
        JournalChunk(
            edgeHSM: edgeHSM,
            from: from ?? self.from,
            entries: entries,
            checkpoint: checkpoint ?? self.checkpoint
        )
    }

    /// With the last entry's octets changed.
    func changing(_ change: (inout [UInt8]) -> Void) -> JournalChunk {
        guard var octets = entries.last?.bytes else { return self }
        change(&octets)
        return with(entries.dropLast() + [Octets(octets)])
    }

    func dropping(last count: Int) -> JournalChunk { with(entries.dropLast(count)) }

    func dropping(first count: Int) -> JournalChunk { with(from: from + count, Array(entries.dropFirst(count))) }

    /// With what the checkpoint says, signed by somebody else.
    func signed(by key: P256.Signing.PrivateKey) throws -> JournalChunk {
        let bare = Envelope(payloadType: checkpoint.payloadType, payload: checkpoint.payload, signatures: [])
        let signature = Envelope.Signature(
            keyID: P256Point(validated: Array(key.publicKey.x963Representation)).keyID,
            value: try RawSignature(key.signature(for: bare.signedBytes).rawRepresentation)
        )
        return with(entries, checkpoint: bare.adding(signature))
    }
}
