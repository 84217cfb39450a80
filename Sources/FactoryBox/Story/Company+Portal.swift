import Foundation
import Statements
import Vocabulary

/// The portal opens: its first admin, people by invitation, factories by joining codes.
extension Company {
    func openPortal() async throws {
        let host = try await PortalHost.prepare(in: world, oem: oem, factories: factories.map(\.profile.id))
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

    /// Each factory is made known, and its Factory Service gets a certificate with a code that works once.
    func connectFactories() async throws {
        guard let portal, let people else { throw Refusal(FactoryBoxError.unexpected, "no portal") }
        for factory in factories {
            let profile = factory.profile
            try await people.admin.post(
                "/v1/factories",
                [
                    "id": .text(profile.id), "name": .text(profile.place), "country": .text(profile.country),
                    "timeZone": .text(profile.timeZone),
                    "organisation": .text(people.organisations[profile.manufacturer.id] ?? ""),
                ]
            )
            let edge = try Files.read(oem.enrolment(of: factory.edge.id))
            try await people.admin.put("/v1/edges/\(factory.edge.id)", bytes: edge)
        }
        _ = try await everywhere { factory in
            let code = try await people.admin.post("/v1/factories/\(factory.profile.id)/joining-codes", [:])
            guard let link = portal.links[factory.profile.id] else { return }
            try await factory.host.join(try code.string("text"), through: link.port)
            try await factory.restartService()
        }
        narrator.passed(
            "\(factories.count) factories joined the portal",
            "keys made there, each behind a cable that can be cut"
        )
    }
}
