import Foundation
import NIOHTTP1
import PortalProtocol
import Silicon
import Vocabulary

/// The portal comes up as it would for any OEM; whoever finds a code or signs for themselves is refused on the way.
extension AttackBench {
    /// Seconds: longest window of a batch that the officers approve.
    static let longestWindow = 45 * day

    func openPortal() async throws -> AttackedPortal {
        let clock = try clock.another("portal")
        let other = AttackedPortal.otherFactory
        let host = try await PortalHost.prepare(in: world, oem: oem, factories: [edge.factory, other])
        try await host.start(extra: clock.environment)
        let door = try PortalDoor(port: host.front.port, authority: host.authority, connections: 64)
        let people = try await PortalPeople.gather(at: host, door: door)
        try await people.admin.put("/v1/role-keys", bytes: oem.roleKeysChain())
        for (factory, manufacturer) in [(edge.factory, Manufacturer.brightline), (other, .norda)] {
            try await people.admin.post(
                "/v1/factories",
                [
                    "id": .text(factory), "name": .text(factory), "country": "CN", "timeZone": "Asia/Shanghai",
                    "organisation": .text(people.organisations[manufacturer.id] ?? ""),
                ]
            )
        }
        for box in [site.edge.id, edge.id] {
            try await people.admin.put("/v1/edges/\(box)", bytes: Files.read(oem.enrolment(of: box)))
        }
        let engineer = try await attackInvitations(people, door)
        let (intruder, stranger) = try await attackJoining(people, host, door)
        let portal = AttackedPortal(
            host: host,
            door: door,
            people: people,
            versions: PortalVersions(oem: oem, office: site.office, admin: people.admin),
            clock: clock,
            engineer: engineer,
            intruder: intruder,
            stranger: stranger
        )
        try await attackApproval(portal)
        try await attackTokens(portal)
        // The line's EdgeHSM has a batch like any other; its Factory Service fetches the package by itself.
        let production = site.order(Self.product)
        let batch = try await portal.grant(
            production.name,
            production.quantity,
            at: site.edge.id,
            until: production.notAfter
        )
        let package = site.office.productFile(Self.product, production.name + ".package")
        try Files.write(await portal.package(of: batch), to: package)
        return portal
    }

    // MARK: Codes that work once

    /// Returns an engineer who is one of the officers too, by the address for mail.
    private func attackInvitations(_ people: PortalPeople, _ door: PortalDoor) async throws -> PortalClient {
        let invitation: JSONTree = [
            "kind": "person", "organisation": .text(people.organisations[Manufacturer.brightline.id] ?? ""),
            "roles": ["odmEngineer"],
        ]
        func accept(_ code: String, _ name: String) async throws -> PortalClient {
            let mail = name.lowercased() + "@example.com"
            let answer = try await door.caller(token: nil).post(
                "/v1/invitations/accept",
                ["code": .text(code), "name": .text(name), "email": .text(mail)]
            )
            return door.caller(token: try answer["welcome"]["token"].string("token"))
        }
        let code = try await people.admin.post("/v1/invitations", invitation).string("code")
        let engineer = try await accept(code, oem.officers[0].name.capitalized)
        let another = try await people.admin.post("/v1/invitations", invitation).string("code")
        try await attack(.invitationTwice) {
            _ = try await accept(code, "Mallory")
        } mended: {
            _ = try await accept(another, "Mallory")
        }
        return engineer
    }

    private func attackJoining(
        _ people: PortalPeople,
        _ host: PortalHost,
        _ door: PortalDoor
    ) async throws -> (intruder: SyncIntruder, stranger: SyncIntruder) {
        func code(_ factory: String) async throws -> String {
            try await people.admin.post("/v1/factories/\(factory)/joining-codes", [:]).string("text")
        }
        func port(_ factory: String) throws -> Int {
            guard let link = host.links[factory] else { throw Refusal(FactoryBoxError.unexpected, "no link") }
            return link.port
        }
        try await site.join(code(edge.factory), through: port(edge.factory))
        let other = AttackedPortal.otherFactory
        let (text, fresh) = (try await code(other), try await code(other))
        let folder = try world.folder("attacks", other)
        try await SyncIntruder.join(text, service: AttackedPortal.otherService, at: door, in: folder)
        let spare = try world.folder("attacks", other + "-copy")
        try await attack(.joiningTwice) {
            try await SyncIntruder.join(text, service: other + "-copy", at: door, in: spare)
        } mended: {
            try await SyncIntruder.join(fresh, service: other + "-copy", at: door, in: spare)
        }
        func intruder(_ folder: String, _ factory: String, _ service: String) throws -> SyncIntruder {
            try SyncIntruder(
                folder,
                factory: factory,
                service: service,
                port: port(factory),
                authority: host.authority
            )
        }
        return (
            try intruder(site.factory.folder, edge.factory, site.factory.serviceName),
            try intruder(folder, other, AttackedPortal.otherService)
        )
    }

    // MARK: Who may sign

    /// The version that everything else here is of, locked in the end.
    private func attackApproval(_ portal: AttackedPortal) async throws {
        let (product, versions, officers) = (Self.product, portal.versions, oem.officers)
        let rules: JSONTree = [
            "largestBatch": 1_000, "longestWindow": .integer(Int(Self.longestWindow)),
            "chipIdentity": .text(product.family.hasVendorIdentity ? "vendorCertificate" : "none"),
        ]
        func client(_ officer: OEM.Officer) throws -> PortalClient {
            guard let client = portal.people.officers[officer.name] else {
                throw Refusal(FactoryBoxError.unexpected, "\(officer.name) is not in the portal")
            }
            return client
        }
        try await site.office.draftVersion(of: product)
        let workspace = portal.people.organisations[Manufacturer.brightline.id] ?? ""
        try await versions.create(product, rules: rules, workspaces: [workspace])
        try await versions.submit(product, by: portal.engineer)
        let allotments = [(site.edge.id, Self.lineAllotment), (edge.id, Site.spareUnits)]
        try await attack(.engineerApproves) {
            try await versions.propose(product, rules: rules, allotments: allotments, by: portal.engineer)
        } mended: {
            try await versions.propose(product, rules: rules, allotments: allotments, by: client(officers[1]))
        }
        try await attack(.submitterSigns) {
            try await versions.sign(product, by: officers[0], as: client(officers[0]))
        } mended: {
            for officer in officers.suffix(2) {
                try await versions.sign(product, by: officer, as: client(officer))
            }
            try await versions.keep(product)
        }
    }

    /// Units of the line's EdgeHSM.
    static let lineAllotment = 62

    // MARK: Tokens

    private func attackTokens(_ portal: AttackedPortal) async throws {
        let (text, id) = try await token(of: portal)
        let reply = try await portal.admin.send(.DELETE, "/v1/tokens/\(id)")
        guard reply.status < 300 else { throw PortalRefusal(status: reply.status, body: reply.body) }
        try await attack(.tokenRevoked) {
            _ = try await portal.door.caller(token: text).get("/v1/me")
        } mended: {
            _ = try await portal.admin.get("/v1/me")
        }
    }

    /// A token for a day.
    func token(of portal: AttackedPortal) async throws -> (text: String, id: String) {
        let made = try await portal.admin.post("/v1/tokens", ["name": "lost", "scopes": ["read"], "days": 1])
        return (try made.string("token"), try made.string("id"))
    }
}

extension OEM {
    /// All versions of the RoleKeys, as the portal takes them.
    func roleKeysChain() throws -> [UInt8] {
        let names = try FileManager.default.contentsOfDirectory(atPath: roleKeys).filter { $0.hasSuffix(".json") }
        let versions = try names.sorted().map { try JSONTree(parsing: Files.read(roleKeys + "/" + $0)) }
        return try JSONTree.object(["roleKeys": .list(versions)]).serialized()
    }
}

extension Site {
    /// The Factory Service joins, and works with the portal from then on.
    func join(_ code: String, through port: Int) async throws {
        try await factory.join(code, through: port)
        await hushFactoryService()
        try await wakeFactoryService()
    }

    func hushFactoryService() async { await services.removeValue(forKey: "obis-factory")?.stop() }

    func wakeFactoryService() async throws { services["obis-factory"] = try await factory.start() }
}
