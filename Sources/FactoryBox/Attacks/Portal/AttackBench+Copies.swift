import Foundation
import PortalProtocol
import Statements
import Vocabulary

/// Somebody copied the EdgeHSM, disk and token, and runs both: each is true to itself, and together they lie.
extension AttackBench {
    func attackByCopying() async throws {
        let portal = try portal()
        let own = portal.intruder
        // Granted before, and not fetched yet.
        let (end, name) = (oem.start + 7 * Self.day, "waiting")
        let waiting = try await portal.grant(name, 1, at: edge.id, until: end)
        _ = try await portal.package(of: waiting)
        let stored = try await storedSize()
        try await own.send(journal(from: stored))
        let (copied, first) = try await liveTwice(sending: own)
        try await attack(.checkpointTwice) {
            try await own.send(copied.dropping(first: copied.entries.count))
        } mended: {
            try await own.send(first)
        }
        try await attack(.journalForked) {
            try await own.send(copied)
        } mended: {
            try await own.send(moreJournal())
        }
        try await expectHalted(portal)
        try await attackHalted(portal, waiting, until: end)
    }

    /// What the copy would tell, and what the first one tells after its journal up to then was sent: more entries than the
    /// copy has.
    private func liveTwice(sending own: SyncIntruder) async throws -> (copied: JournalChunk, first: JournalChunk) {
        await halt()
        let copy = try ApplianceCopy(of: edge, as: "copy")
        let size = try await storedSize()
        try await start()
        try await make("omega", SoftChip())
        try await own.send(moreJournal())
        await halt()
        let original = try ApplianceCopy(of: edge, as: "original")
        try copy.restore()
        try await start()
        try await make("omega", SoftChip())
        let copied = try await journal(from: size)
        await halt()
        try original.restore()
        try await start()
        return (copied, try await moreJournal())
    }

    private func expectHalted(_ portal: AttackedPortal) async throws {
        try await expect("forked", of: edge.id)
        let state = try await portal.admin.get("/v1/edges/\(edge.id)")
        let place = "/v1/edges/\(edge.id)/evidence"
        let kept = try await portal.admin.all(place).filter { try $0.string("kind") == "forked" }
        guard try state.string("halted") == "forked", kept.count == 2 else {
            throw Refusal(FactoryBoxError.unexpected, "\(kept.count) pieces of evidence, \(state)")
        }
        // Both checkpoints, signed by one key: whoever judges it needs nobody's word.
        for item in kept {
            let file = try await portal.admin.get("\(place)/\(item.integer("number"))")
            let identity = try edge.identity()
            let (held, brought) = try (
                Self.checkpoint(file["heldCheckpoint"], identity), Self.checkpoint(file["checkpoint"], identity)
            )
            guard held != brought else { throw Refusal(FactoryBoxError.unexpected, "evidence of nothing") }
        }
    }

    private static func checkpoint(_ envelope: JSONTree, _ identity: P256Point) throws -> Checkpoint {
        try Verified<Checkpoint>(Envelope(parsing: envelope.serialized()), signedBy: identity).content
    }

    private func attackHalted(_ portal: AttackedPortal, _ waiting: JSONTree, until end: Instant) async throws {
        let (own, line) = (portal.intruder, site.edge.id)
        let production = try await portal.admin.all("/v1/batches").first { try $0.string("edgeHSM") == line }
        guard let production else { throw Refusal(FactoryBoxError.unexpected, "no batch of \(line)") }
        try await attack(.batchForked) {
            try await portal.grant("upsilon", 1, at: edge.id, until: end)
        } mended: {
            try await portal.grant("upsilon", 1, at: line, until: end)
        }
        try await attack(.packageForked) {
            let offered = try await own.state().edges.first { $0.edgeHSM.text == edge.id }
            guard let offered, offered.packages.isEmpty else {
                throw Refusal(FactoryBoxError.unexpected, "\(edge.id) is offered packages")
            }
            _ = try await own.package(Digest256(hex: waiting.string("authorization")), for: edge.id)
        } mended: {
            _ = try await own.package(Digest256(hex: production.string("authorization")), for: line)
        }
    }
}

/// The disk and the token of a stopped EdgeHSM, as somebody who has the box can copy them.
struct ApplianceCopy: Sendable {
    private static let parts = ["tokens", "data"]
    private let edge: EdgeAppliance
    private let folder: String

    init(of edge: EdgeAppliance, as name: String) throws {
        self.edge = edge
        folder = try edge.host.world.folder("attacks", "copies", name)
        for part in Self.parts {
            try FileManager.default.copyItem(atPath: edge.host.path(part), toPath: folder + "/" + part)
        }
    }

    func restore() throws {
        for part in Self.parts {
            try FileManager.default.removeItem(atPath: edge.host.path(part))
            try FileManager.default.copyItem(atPath: folder + "/" + part, toPath: edge.host.path(part))
        }
    }
}
