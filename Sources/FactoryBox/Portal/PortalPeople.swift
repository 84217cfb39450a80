import Foundation
import Vocabulary

/// Those who work with the portal in the story, each with a token of their own.
struct PortalPeople: Sendable {
    let admin: PortalClient
    /// By the officers' names in RoleKeys.
    var officers: [String: PortalClient] = [:]
    var engineers: [String: PortalClient] = [:]
    var managers: [String: PortalClient] = [:]
    /// The portal's ids of the ODMs, by ours.
    var organisations: [String: String] = [:]

    /// By their names in RoleKeys.
    private static let officerNames = ["olivia": "Olivia Osei", "oscar": "Oscar Ortiz", "otto": "Otto Olsen"]

    /// The first admin by the printed code; then everybody by invitation.
    static func gather(at host: PortalHost, door: PortalDoor) async throws -> PortalPeople {
        let welcome = try await door.caller(token: nil).post(
            "/v1/setup",
            [
                "code": .text(try host.setupCode()), "organisation": "Example Lighting", "name": "Ada Admin",
                "email": "ada@example.com",
            ]
        )
        var people = PortalPeople(admin: door.caller(token: try welcome["token"].string("token")))
        let me = try await people.admin.get("/v1/me")
        let oem = try me["organisation"].string("id")
        for officer in host.oem.officers {
            people.officers[officer.name] = try await people.invite(
                Self.officerNames[officer.name] ?? officer.name.capitalized,
                [
                    "kind": "person", "organisation": .text(oem), "roles": ["oemSecurityOfficer"],
                    "officer": .text(officer.name),
                ],
                door
            ).client
        }
        for manufacturer in Manufacturer.all {
            let (engineer, organisation) = try await people.invite(
                manufacturer.engineer,
                ["kind": "organisation", "organisationName": .text(manufacturer.name), "roles": ["odmEngineer"]],
                door
            )
            people.engineers[manufacturer.id] = engineer
            people.organisations[manufacturer.id] = organisation
            people.managers[manufacturer.id] = try await people.invite(
                manufacturer.manager,
                ["kind": "person", "organisation": .text(organisation), "roles": ["odmProductionManager"]],
                door
            ).client
        }
        return people
    }

    /// An invitation by the admin, taken up at once.
    private func invite(
        _ name: String,
        _ invitation: JSONTree,
        _ door: PortalDoor
    ) async throws -> (client: PortalClient, organisation: String) {
        let code = try await admin.post("/v1/invitations", invitation).string("code")
        let mail = name.lowercased().prefix { $0.isLetter && $0.isASCII }
        let accepted = try await door.caller(token: nil).post(
            "/v1/invitations/accept",
            ["code": .text(code), "name": .text(name), "email": .text(mail + "@example.com")]
        )
        let token = try accepted["welcome"]["token"].string("token")
        return (door.caller(token: token), try accepted.string("organisation"))
    }

    func manager(of factory: FactoryProfile) throws -> PortalClient {
        guard let client = managers[factory.manufacturer.id] else {
            throw Refusal(FactoryBoxError.unexpected, "nobody manages \(factory.id)")
        }
        return client
    }
}
