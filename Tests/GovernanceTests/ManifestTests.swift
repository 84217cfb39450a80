import Ceremony
import Governance
import KeyCustody
import OEMWorld
import Statements
import Testing
import Vocabulary

@Suite struct ManifestTests {
    @Test func everyCrossCheckRefuses() async throws {
        let world = try await World()
        try await world.run(
            world.file([
                "firmwareKeys": [["name": "main"]],
                "productKeys": [["product": "lamp", "version": "1.0.0", "slot": "ota", "kind": "perUnit"]],
            ])
        )
        let firmware = try await ProductionWorld.firmware(world)
        let otherFirmware = try await ProductionWorld.firmware(world, productID: 0x8001)
        let declaration = try await ProductionWorld.declaration(productIDs: [0x8000])
        let otherDeclaration = try await ProductionWorld.declaration(productIDs: [0x8001])
        func code(
            _ changes: [String: any Sendable] = [:],
            firmware given: (image: [UInt8], key: P256Point)? = nil,
            declaration cd: [UInt8]? = nil,
            profile: CustodyProfile = .lab
        ) async -> String? {
            await refusal {
                let maker = try ProductionWorld.maker(
                    world,
                    firmware: given ?? firmware,
                    declaration: cd ?? declaration,
                    profile: profile,
                    changes
                )
                _ = try await world.access.withToken(world.portalToken) { try await maker.make(token: $0) }
            }
        }
        #expect(await code() == nil)
        #expect(await code(firmware: otherFirmware) == "manifest.firmware.differs")
        #expect(await code(["softwareVersion": 101]) == "manifest.firmware.differs")
        #expect(await code(firmware: (firmware.image, world.officers[0].key)) == "firmware.key.mismatch")
        #expect(await code(declaration: otherDeclaration) == "manifest.declaration.differs")
        #expect(await code(["deviceType": 0x0101]) == "manifest.declaration.differs")
        #expect(await code(profile: .production)?.hasPrefix("matter.declaration.") == true, "the test key's signature")
        #expect(await code(["family": "nrf99"]) == "manifest.family.unknown")
        #expect(await code(["family": "virtual-n"]) == "manifest.chip-identity.mismatch")
        #expect(await code(["socClass": 0]) == "manifest.debug-root.differs")
        #expect(
            await code(["debugPermissions": "ff000000000000000000000000000000"]) == "manifest.debug-root.differs"
        )
        #expect(await code(["version": "2.0.0"]) == "key.name.unknown")
        let long: [String: any Sendable] = [
            "encoding": "nordic-cbor", "vendorName": "Example", "productName": "A name of thirty-three octets, ok",
            "productLabel": "", "productURL": "", "partNumber": "", "hardwareVersion": 1,
            "hardwareVersionString": "1.0",
        ]
        #expect(await code(["factoryData": long]) == "manifest.text.too-long")
        #expect(await code(["vendorID": "FFF2"]) == "manifest.firmware.differs")
        for (flow, discovery) in [(3, 2), (0, 0), (0, 64)] {
            let unusable: [String: any Sendable] = ["flow": flow, "discovery": discovery, "iterations": 1_000]
            #expect(await code(["commissioning": unusable]) == "matter.onboarding.field", "\(flow), \(discovery)")
        }
    }
}
