import Ceremony
import Foundation
import Governance
import KeyCustody
import OEMWorld
import Statements
import TestSupport
import Testing
import Vocabulary

/// Refusals that the longer stories don't reach.
@Suite(.serialized) struct RefusalTests {
    @Test func onlyOneRunWorksOnAState() async throws {
        let world = try await World()
        try await world.run(world.file())
        let lock = try StateLock(world.state.path + "/.lock")
        #expect(await refusal { try await world.run(world.file()) } == "ceremony.state.busy")
        withExtendedLifetime(lock) {}
    }

    @Test func oneKeyGetsOnePurpose() async throws {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        let entry = try await world.enrol(appliance)
        let preparation = try await appliance.preparation("lamp", productID: 0x8000, access: world.access)
        let content = try ProductPreparation.read(payload: preparation.payload)
        func code(_ changed: ProductPreparation, product: String) async -> String? {
            await refusal {
                let path = try world.write(
                    "\(product).json",
                    await appliance.sign(changed.unsigned(), access: world.access)
                )
                let products = [ProductionWorld.productEntry(path, ["product": product])]
                try await world.run(
                    world.file(["edgeHSMs": [entry], "products": products])
                )
            }
        }
        func prepared(_ product: String, debug: P256Point) throws -> ProductPreparation {
            ProductPreparation(
                edgeHSM: content.edgeHSM,
                product: try ProductName(product),
                vendorID: content.vendorID,
                productID: content.productID,
                paiRequest: content.paiRequest,
                debugKey: debug,
                preparedAt: content.preparedAt
            )
        }
        let identity = appliance.enrolment.identity
        #expect(await code(try prepared("lamp", debug: identity), product: "lamp") == "ceremony.key.reused")
        #expect(await code(content, product: "lamp") == nil)
        #expect(
            await code(try prepared("bulb", debug: content.debugKey), product: "bulb") == "ceremony.key.reused",
            "the PAI key of another product"
        )
    }

    /// The ceremony token, its PIN in two people's files.
    private static func halved(_ world: World) throws -> TokenReference {
        let whole = try #require(world.ceremonyToken.pinFile)
        let pin = try String(contentsOfFile: whole, encoding: .utf8).trimmingCharacters(in: .newlines)
        var halves: [String] = []
        for (name, part) in [("ada", pin.prefix(4)), ("ben", pin.dropFirst(4))] {
            let path = world.folder + "/pin-of-\(name)"
            let made = FileManager.default.createFile(
                atPath: path,
                contents: Data(part.utf8),
                attributes: [.posixPermissions: 0o600]
            )
            try #require(made)
            halves.append(path)
        }
        return TokenReference(
            module: world.ceremonyToken.module,
            label: world.ceremonyToken.label,
            pinFiles: halves,
            officerPINFile: world.ceremonyToken.officerPINFile
        )
    }

    /// The ceremony's own tokens are hardware, as far as they say; an appliance says that its token is not.
    @Test func productionEnrolsNoApplianceOnASoftwareToken() async throws {
        let world = try await World()
        let split = try Self.halved(world)
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        func code(_ assurance: TokenAssurance) async throws -> String? {
            let claimed = appliance.enrolment
            let request = EdgeHSMEnrolment(
                edgeHSM: claimed.edgeHSM,
                factory: claimed.factory,
                identity: claimed.identity,
                seal: claimed.seal,
                transport: claimed.transport,
                tokenSerial: claimed.tokenSerial,
                assurance: assurance.rawValue,
                issuedAt: claimed.issuedAt
            )
            let path = try await world.write(
                "request-\(assurance.rawValue).json",
                appliance.sign(request.unsigned(), access: world.access)
            )
            let entry: [String: Any] = [
                "edgeHSM": claimed.edgeHSM.text, "factory": claimed.factory.text, "request": path,
                "identity": String(claimed.identity.keyID.hex.prefix(16)),
            ]
            let tokens = try [
                "ceremony": ["token": World.json(split), "initialize": false],
                "portal": ["token": World.json(world.portalToken), "initialize": false],
            ]
            let file = try world.file(["profile": "production", "tokens": tokens, "edgeHSMs": [entry]])
            return await refusal { try await world.run(file, access: ClaimedHardwareAccess()) }
        }
        let enrolment = "\(world.state.path)/enrolments/edge-1.json"
        #expect(try await code(.software) == "ceremony.token.software")
        #expect(!FileManager.default.fileExists(atPath: enrolment))
        #expect(try await code(.hardware) == nil)
        #expect(FileManager.default.fileExists(atPath: enrolment))
    }

    /// The same file but for the profile: nothing is made in a token of SoftHSM2, nor an appliance enrolled on one.
    @Test func productionRefusesSoftwareTokens() async throws {
        let world = try await World()
        let split = try Self.halved(world)
        func file(_ profile: String, _ ceremony: TokenReference) throws -> [UInt8] {
            let tokens = try [
                "ceremony": ["token": World.json(ceremony), "initialize": false],
                "portal": ["token": World.json(world.portalToken), "initialize": false],
            ]
            return try world.file(["profile": profile, "tokens": tokens])
        }
        #expect(
            await refusal { try await world.run(file("production", world.ceremonyToken)) }
                == GovernanceError.pinFiles.rawValue
        )
        #expect(await refusal { try await world.run(file("production", split)) } == "ceremony.token.software")
        #expect(try world.state.roleKeysHistory().isEmpty)
        try await world.run(file("lab", split))
        #expect(try world.state.roleKeysHistory().count == 1)
    }

    @Test func knownProductKeysStayInTheLab() async throws {
        let world = try await World()
        let value = world.folder + "/known"
        try StateFile.write(value, Array((String(repeating: "5a", count: 32) + "\n").utf8))
        let key = ["product": "lamp", "version": "1.0.0", "slot": "ota", "kind": "perUnit", "knownValueFile": value]
        try await world.run(world.file(["productKeys": [key], "firmwareKeys": [["name": "main"]]]))
        let path = "\(world.state.path)/product-keys/lamp/1.0.0/ota.json"
        let record = try ReviewedJSON.read(ProductKeyRecord.self, at: path)
        #expect(record.importedInClear)
        // The officers may approve it; authorizer and manifest refuse it all the same in production.
        let firmware = try await ProductionWorld.firmware(world)
        let maker = try await ProductionWorld.maker(
            world,
            firmware: firmware,
            declaration: ProductionWorld.declaration(productIDs: [0x8000])
        )
        let manifest = try await world.access.withToken(world.portalToken) { try await maker.make(token: $0) }
        #expect(manifest.manifest.keys.map(\.checkValue) == [record.checkValue])
    }

    @Test func aLedgerThatIsNotOneIsNeverTakenForEmpty() async throws {
        let production = try await ProductionWorld.make()
        let batch = try production.batch("b1", quantity: 10, firstSerial: 1)
        let path = production.world.folder + "/ledger.json"
        try StateFile.write(path, Array("{}".utf8))
        #expect(await refusal { _ = try await production.make(batch) } == "authorize.ledger.malformed")
        try FileManager.default.removeItem(atPath: path)
        #expect(await refusal { _ = try await production.make(batch) } == nil)
    }
}
