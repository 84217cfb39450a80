import Foundation
import Statements
import Vocabulary

/// The portal opens: its first admin, people by invitation, factories by joining codes.
extension Company {
    func openPortal() async throws {
        let host = try await PortalHost.prepare(
            in: world,
            oem: oem,
            factories: factories.filter(\.profile.hasLink).map(\.profile.id)
        )
        portal = host
        try await host.start()
        let door = try host.door()
        self.door = door
        let people = try await PortalPeople.gather(at: host, door: door)
        self.people = people
        narrator.passed(
            "obis-portal serves; its first admin came by the code that it printed once",
            "\(people.officers.count) officers, \(Manufacturer.all.count) ODMs by invitation"
        )
        try await people.admin.put("/v1/role-keys", bytes: Self.chain(of: oem))
        narrator.passed("the portal knows the officers", "RoleKeys under the root authority's key")
    }

    private static func chain(of oem: OEM) throws -> [UInt8] {
        let names = try FileManager.default.contentsOfDirectory(atPath: oem.roleKeys).filter { $0.hasSuffix(".json") }
        let versions = try names.sorted().map { try JSONTree(parsing: Files.read(oem.roleKeys + "/" + $0)) }
        return try JSONTree.object(["roleKeys": .list(versions)]).serialized()
    }

    /// Factories and the EdgeHSMs that are on their way to them.
    func registerFactories() async throws {
        let people = try required(people)
        _ = try await everywhere { factory in
            let profile = factory.profile
            try await people.admin.post(
                "/v1/factories",
                [
                    "id": .text(profile.id), "name": .text(profile.place), "country": .text(profile.country),
                    "timeZone": .text(profile.timeZone),
                    "organisation": .text(people.organisations[profile.manufacturer.id] ?? ""),
                ]
            )
            let edge = try Files.read(self.oem.enrolment(of: factory.edge.id))
            try await people.admin.put("/v1/edges/\(factory.edge.id)", bytes: edge)
        }
    }

    /// A code that works once, and the cable that its Factory Service reaches the portal by; nil where there is none.
    nonisolated func joining(
        _ factory: Factory,
        _ portal: PortalHost,
        _ people: PortalPeople
    ) async throws -> (code: String, port: Int)? {
        guard let link = portal.links[factory.profile.id] else { return nil }
        let code = try await people.admin.post("/v1/factories/\(factory.profile.id)/joining-codes", [:])
        return (try code.string("text"), link.port)
    }
}
