import Foundation
import Glibc
import Vocabulary

/// The portal of the attacked OEM. One ODM runs the line; the other has a factory that nobody built.
struct AttackedPortal: Sendable {
    static let otherFactory = "factory-2"
    static let otherService = "factory-2-service"

    let host: PortalHost
    let door: PortalDoor
    let people: PortalPeople
    let versions: PortalVersions
    /// The portal's own clock.
    let clock: ClockShim
    /// Submits versions, and is an officer under another name.
    let engineer: PortalClient
    /// Those who have the line's Factory Service, and the other ODM's.
    let intruder: SyncIntruder
    let stranger: SyncIntruder

    var admin: PortalClient { people.admin }

    func manager(of manufacturer: Manufacturer) throws -> PortalClient {
        guard let client = people.managers[manufacturer.id] else {
            throw Refusal(FactoryBoxError.unexpected, "nobody manages batches of \(manufacturer.name)")
        }
        return client
    }

    func restart() async throws {
        host.process?.signal(SIGKILL)
        _ = await host.process?.ended()
        try await host.start(extra: clock.environment)
    }

    func close() async {
        await intruder.close()
        await stranger.close()
        await door.close()
    }

    // MARK: Batches

    /// A batch as a production manager of the line's ODM asks for it. Throws `PortalRefusal`.
    @discardableResult
    func grant(_ name: String, _ quantity: Int, at box: String, until end: Instant) async throws -> JSONTree {
        let allowance: JSONTree = ["count": 1, "notAfter": .text((end + 8 * 86_400).description)]
        return try await manager(of: .brightline).post(
            "/v1/batches",
            [
                "batch": .text(name), "product": .text(AttackBench.product.name),
                "version": .text(VersionOffice.version), "edgeHSM": .text(box), "quantity": .integer(quantity),
                "notBefore": .text((end + (-7 * 86_400 - 300)).description), "notAfter": .text(end.description),
                "debugUnlocks": allowance, "reprovisions": allowance, "rotations": allowance,
            ]
        )
    }

    /// The package's octets, once it is made.
    func package(of batch: JSONTree) async throws -> [UInt8] {
        let path = "/v1/batches/\(try batch.string("id"))/package"
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do { return try await manager(of: .brightline).fetch(path).body } catch let refusal as PortalRefusal {
                guard refusal.code == "portal.package.pending", ContinuousClock.now < deadline else { throw refusal }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: What it noticed

    /// An alarm that stands; nil where there is none of this kind about this EdgeHSM.
    func alarm(_ kind: String, about box: String) async throws -> JSONTree? {
        try await admin.all("/v1/alarms").first {
            try $0.string("kind") == kind && $0.string("edgeHSM") == box && $0["clearedAt"].isNull
        }
    }
}

/// An alarm where the attack is one that nobody can refuse.
struct RaisedAlarm: Error {
    let kind: String
    let detail: String
}
