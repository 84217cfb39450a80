import Foundation
import Matter
import Statements
import Vocabulary

/// The OEM's people and machines: the ceremony room, three officers with a token each, the portal's token.
struct OEM: Sendable {
    static let vendorID = "FFF1"

    let world: World
    let ceremonyRoom: TokenHost
    let officers: [Officer]
    let start: Instant

    struct Officer: Sendable {
        let name: String
        let host: TokenHost
        let tokenFile: String
        let key: String
    }

    var state: String { ceremonyRoom.path("state") }
    var roleKeys: String { state + "/role-keys" }
    var portalTokenFile: String { ceremonyRoom.path("portal.token.json") }
    var ceremonyTokenFile: String { ceremonyRoom.path("ceremony.token.json") }

    /// Tokens for everybody, an approval key for each officer.
    static func establish(in world: World, start: Instant) async throws -> OEM {
        let room = try TokenHost(world, "oem")
        _ = try room.makeTokenFile(
            "ceremony",
            pinFiles: ["ceremony.alice.pin", "ceremony.bob.pin"],
            officerPINFile: "ceremony.so-pin"
        )
        _ = try room.makeTokenFile("portal", pinFiles: ["portal.pin"], officerPINFile: "portal.so-pin")
        var officers: [Officer] = []
        for name in ["olivia", "oscar", "otto"] { officers.append(try await makeOfficer(name, in: world)) }
        return OEM(world: world, ceremonyRoom: room, officers: officers, start: start)
    }

    static func makeOfficer(_ name: String, in world: World) async throws -> Officer {
        let host = try TokenHost(world, "officer-" + name)
        let file = try host.makeTokenFile(name, pinFiles: ["pin"], officerPINFile: "so-pin")
        let answer = try await host.run(
            "obis",
            ["officer-key", "--token", file, "--name", name, "--initialize", "--json"]
        )
        return Officer(name: name, host: host, tokenFile: file, key: try PrintedJSON(answer.output).string("key"))
    }

    // MARK: Ceremonies

    /// What the reviewed file says beyond tokens and roles; it only grows.
    struct Plan {
        var roleKeysVersion = 1
        var officers: [Officer]
        var expiresAt: Instant
        var productKeys: [[String: Any]] = []
        var edgeHSMs: [[String: Any]] = []
        var products: [[String: Any]] = []
    }

    private func token(_ label: String, pinFiles: [String], officerPINFile: String) -> [String: Any] {
        var token: [String: Any] = [
            "module": TokenHost.module, "label": label, "officerPINFile": ceremonyRoom.path(officerPINFile),
        ]
        if pinFiles.count == 1 {
            token["pinFile"] = ceremonyRoom.path(pinFiles[0])
        } else {
            token["pinFiles"] = pinFiles.map(ceremonyRoom.path)
        }
        return ["token": token, "initialize": true]
    }

    func hold(_ plan: Plan, purpose: String, dryRun: Bool = false) async throws -> Finished {
        let file: [String: Any] = [
            "format": "obis-ceremony-v1",
            "oem": "Example Lighting",
            "purpose": purpose,
            "profile": "lab",
            "participants": [["name": "Alice", "role": "key keeper"], ["name": "Bob", "role": "key keeper"]],
            "tokens": [
                "ceremony": token(
                    "ceremony",
                    pinFiles: ["ceremony.alice.pin", "ceremony.bob.pin"],
                    officerPINFile: "ceremony.so-pin"
                ),
                "portal": token("portal", pinFiles: ["portal.pin"], officerPINFile: "portal.so-pin"),
            ],
            "rootAuthority": ["generation": 1],
            "roleKeys": [
                "version": plan.roleKeysVersion,
                "officers": plan.officers.map { ["name": $0.name, "key": $0.key] },
                "threshold": 2,
                "issuedAt": (start + -3_600).description,
                "expiresAt": plan.expiresAt.description,
                "portalKeys": ["generation": 1],
            ] as [String: Any],
            "paa": [
                "vendorID": Self.vendorID, "commonName": "Example Lighting PAA",
                "notBefore": (start + -86_400).description,
            ],
            "debugRoot": ["permissions": String(repeating: "f", count: 32)],
            "firmwareKeys": [["name": "secure-boot-1"]],
            "productKeys": plan.productKeys,
            "edgeHSMs": plan.edgeHSMs,
            "products": plan.products,
        ]
        let path = ceremonyRoom.path("ceremony.json")
        try Files.write(
            Array(JSONSerialization.data(withJSONObject: file, options: [.sortedKeys, .prettyPrinted])),
            to: path
        )
        return try await ceremonyRoom.run(
            "obis",
            ["ceremony", path, "--state", state, "--json"] + (dryRun ? ["--dry-run"] : [])
        )
    }

    // MARK: Officers

    /// Each officer of `signers` reads and signs the envelope file on their own machine.
    func approve(_ file: String, by signers: [Officer], earlier: String? = nil) async throws {
        for officer in signers {
            let id = try Files.envelope(file).statementID
            try await officer.host.run(
                "obis",
                [
                    "approve", file, "--token", officer.tokenFile, "--role-keys", roleKeys, "--memory",
                    officer.host.path("memory"), "--confirm", String(id.hex.prefix(8)), "--json",
                ] + (earlier.map { ["--previous", $0] } ?? [])
            )
        }
    }

    /// A lab declaration under the published test key of the alliance.
    func declare(productIDs: [UInt16], deviceType: UInt32) async throws -> [UInt8] {
        let declaration = try CertificationDeclaration(
            vendorID: VendorID(0xFFF1),
            productIDs: productIDs.map { ProductID($0) },
            deviceType: deviceType,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 1,
            kind: .development
        )
        return try await SignedDeclaration.create(
            declaration,
            signer: TestDeclarationKey.publicKey(),
            sign: { try TestDeclarationKey.sign($0) }
        ).der
    }
}
