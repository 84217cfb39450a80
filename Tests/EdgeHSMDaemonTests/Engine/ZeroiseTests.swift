import EdgeHSMCore
import Foundation
import KeyCustody
import LineProtocol
import OEMWorld
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("Keys that nobody has written down")
struct ZeroiseTests {
    /// What OpenSC's pkcs11-tool sees in the token: another reader than ours.
    static func objects(_ world: EngineWorld) throws -> String {
        let tool = "/usr/bin/pkcs11-tool"
        try #require(FileManager.default.isExecutableFile(atPath: tool), "the Debian package opensc is not installed")
        let label = world.token.information.label
        let pin = try String(
            contentsOfFile: try SoftHSMFixture.shared().directory + "/\(label).pin",
            encoding: .utf8
        )
        let listed = try Subprocess.run(
            tool,
            [
                "--module", SoftHSMFixture.modulePath, "--token-label", label, "--login", "--pin",
                pin.trimmingCharacters(in: .whitespacesAndNewlines), "--list-objects",
            ]
        )
        try #require(listed.status == 0, "\(listed.output)")
        return listed.output
    }

    /// Brings keys into the token as a load does that dies before its journal entry.
    private func leaveOrphans(_ world: EngineWorld) async throws -> [KeyName] {
        var alterations = OEMWorld.Alterations()
        alterations.batch = "B2"
        let opened = try await world.oem.execution.openPackage(
            world.oem.package(alterations),
            certificates: world.oem.certificates,
            in: world.oem.context
        )
        try await world.oem.execution.installKeys(of: opened)
        let fleet = KeyName(.importedFleetKey, "never-loaded.ota")
        let wrapped = try #require(world.oem.wrappedKeys.first).wrapped.bytes
        try await world.token.unwrap(wrapped, with: KeyName(.edgeTransport), as: fleet)
        return [fleet, KeyName(.unitSecret, opened.authorization.id.hex)]
    }

    @Test("a start destroys what a load left behind, and nothing that a loaded batch needs")
    func sweep() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        let orphans = try await leaveOrphans(world)
        try world.crash(engine)
        for name in orphans { #expect(try Self.objects(world).contains(name.label)) }
        let next = try await world.start()
        for name in orphans { #expect(try !Self.objects(world).contains(name.label)) }
        let chip = EngineChip()
        _ = try await world.make(chip, batch, next)
        await next.stop()
    }

    @Test("zeroise leaves no key of this EdgeHSM, also none that no entry names; records stay")
    func zeroise() async throws {
        let world = try await EngineWorld.make()
        let (engine, batch) = try await world.startWithBatch()
        _ = try await engine.issue(EngineChip(), batch)
        // Prepared and never certified; and keys of loads that no entry tells of.
        let lamp = PrepareProduct.Request(
            product: ProductName(validated: "lamp"),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8002)
        )
        _ = try await engine.execution.prepareProduct(lamp, in: engine.context)
        let orphans = try await leaveOrphans(world)
        let before = try Self.objects(world)
        for name in orphans + [KeyName(.pai, "lamp")] { #expect(before.contains(name.label)) }
        _ = try await engine.zeroise(
            Zeroise.Request(edgeHSM: OEMWorld.edgeID, reason: "sold"),
            by: "operator"
        )
        let after = try Self.objects(world)
        for role in KeyRole.allCases { #expect(!after.contains("label:      \(role.rawValue)"), "\(after)") }
        #expect(!after.contains("Key Object") && !after.contains("Public Key"), "\(after)")
        #expect(after.contains(AnchorKeeper.label), "a zeroised box must not start as a new one")
        // And it makes no new one.
        #expect(
            await refusal { try await engine.prepareProduct(lamp, by: "factory") } == EdgeError.zeroised.rawValue
        )
        #expect(try await world.token.names(of: Set(KeyRole.allCases)).isEmpty)
        await engine.stop()
    }
}
