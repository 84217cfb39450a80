import Foundation
import Matter
import Statements
import Vocabulary

/// The OEM's people and machines: the ceremony room, three officers with a token each, the portal's token.
struct OEM: Sendable {
    static let vendorID = "FFF1"
    static let ceremonyPINs = ["ceremony.alice.pin", "ceremony.bob.pin"]
    static let firmwareKey = "secure-boot-1"
    /// A key of the same ceremony that no product names.
    static let otherFirmwareKey = "secure-boot-other"

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
    /// Every order that the officers signed, for whoever makes packages from files.
    var orders: String { ceremonyRoom.path("orders") }
    var rootKey: String { state + "/public/root-authority.pem" }
    var portalTokenFile: String { ceremonyRoom.path("portal.token.json") }
    var ceremonyTokenFile: String { ceremonyRoom.path("ceremony.token.json") }

    /// Tokens for everybody, an approval key for each officer.
    static func establish(in world: World, start: Instant) async throws -> OEM {
        let room = try TokenHost(world, "oem")
        _ = try world.folder("oem", "orders")
        _ = try room.makeTokenFile(
            "ceremony",
            pinFiles: ceremonyPINs,
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

    func enrolment(of edgeHSM: String) -> String { state + "/enrolments/\(edgeHSM).json" }

    func certificates(of product: String, at edgeHSM: String) -> String {
        state + "/products/\(edgeHSM)/\(product).json"
    }

    // MARK: Ceremonies

    func hold(_ plan: CeremonyPlan, purpose: String, dryRun: Bool = false) async throws -> Finished {
        let path = ceremonyRoom.path("ceremony.json")
        try Files.writeJSON(CeremonyPlan.File(plan, purpose: purpose, oem: self), to: path)
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
