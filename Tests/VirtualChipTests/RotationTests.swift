import ChipPort
import Foundation
import Programmers
import Silicon
import Statements
import Testing
import VirtualChip
import Vocabulary

/// The second credential slot of a finished device.
@Suite(.serialized)
struct RotationTests {
    private func locked(
        _ family: ChipFamily = .virtualN,
        _ body: @Sendable (StationStandIn) async throws -> Void
    ) async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(family))
        try await bench.powered { chip in
            let station = StationStandIn(product: product, bench: bench, chip: chip)
            try await station.provision()
            try await chip.lockDebug()
            try await body(station)
        }
    }

    private func signs(_ key: P256Point, _ station: StationStandIn) async throws -> Bool {
        let answer = try await station.attest()
        let challenge = [UInt8](repeating: 9, count: 16)
        return key.verifies(answer.signature, over: answer.elements.bytes + challenge)
    }

    @Test(arguments: [ChipFamily.virtualN, .virtualV])
    func theNextKeyTakesThePlaceOfTheOld(_ family: ChipFamily) async throws {
        try await locked(family) { station in
            let (chip, bench) = (station.chip, station.bench)
            let before = try await chip.status()
            let old = try #require(before.signingKey)
            let scalar = try #require(try bench.secret("signing")).withBytes { Hex.encode(Array($0)) }
            _ = try await station.prepare()
            #expect(try await signs(old, station), "the old credential works on")
            let certificates = try await station.rotate()
            let after = try await chip.status()
            let new = try #require(after.signingKey)
            #expect(new != old && after.nextKey == nil && after.agreementKey == before.agreementKey)
            #expect(after.debugLocked && !after.debugOpen && after.slots == before.slots)
            #expect(after[.dac]?.digest == Digest256.of(certificates.dac.bytes))
            #expect(after[.certificationDeclaration] == before[.certificationDeclaration])
            #expect(after[.firmware] == before[.firmware])
            #expect(try await signs(new, station))
            #expect(try await !signs(old, station))
            let files = try FileManager.default.contentsOfDirectory(atPath: bench.folder)
            for name in files where name.hasSuffix(".json") {
                let text = try String(contentsOfFile: bench.folder + "/" + name, encoding: .utf8)
                #expect(!text.contains(scalar), "the old key stands in \(name)")
            }
            // The factory data are what an EdgeHSM makes for the unit with its new DAC.
            let credentials = try ChipCredentials(
                dac: certificates.dac,
                pai: certificates.pai,
                certificationDeclaration: Blob(ProductFixture.declaration)
            )
            #expect(try Digest256.of(station.product.factoryData(credentials)) == after[.factoryData]?.digest)
            // A lost answer asked for again changes nothing; the vendor's word is for the newest request.
            try await chip.switchCredential(to: new.keyID)
            if family == .virtualV { _ = try await chip.vendorAttest() }
        }
    }

    @Test func theNextKeyStaysTheSameUntilItIsUsed() async throws {
        try await locked { station in
            _ = try await station.prepare()
            let first = try await station.chip.status().nextKey
            _ = try await station.prepare()
            #expect(try await station.chip.status().nextKey == first && first != nil)
            await expectRefusal("chip.rotation.absent") {
                try await station.chip.switchCredential(to: first?.keyID ?? .zero)
            }
            await expectRefusal("chip.rotation.absent") { try await station.chip.switchCredential(to: .zero) }
        }
    }

    @Test func otherPeoplesCertificatesAreNotTaken() async throws {
        try await locked { station in
            let (chip, product) = (station.chip, station.product)
            let old = try #require(try await chip.status().signingKey)
            let right = try await station.prepare()
            let next = try #require(try await chip.status().nextKey)
            let stranger = try await ProductFixture()
            let wrong: [(String, RotatedCertificates)] = [
                ("for the old key", try product.renewed(for: old)),
                ("by another issuer", try stranger.renewed(for: next)),
                ("by another issuer, beside the PAI", try .init(dac: stranger.renewed(for: next).dac, pai: right.pai)),
                ("another PAI", try .init(dac: right.dac, pai: stranger.renewed(for: next).pai)),
            ]
            for (what, certificates) in wrong {
                await expectRefusal("chip.credential.foreign") {
                    try await station.rotate { _ in certificates }
                }
                #expect(try await signs(old, station), "\(what)")
            }
            await expectRefusal("chip.credential.malformed") {
                try await station.rotate { try RotatedCertificates(dac: Blob([1, 2, 3]), pai: $0.pai) }
            }
            _ = try await station.rotate()
        }
    }

    @Test func onlyAFinishedDeviceWithItsPortShutAndItsKeysUnseen() async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            let station = StationStandIn(product: product, bench: bench, chip: chip)
            await expectRefusal("chip.rotation.unready") { try await chip.prepareRotation(nonce: .fresh()) }
            try await station.provision()
            await expectRefusal("chip.rotation.unready") { try await chip.prepareRotation(nonce: .fresh()) }
            try await chip.lockDebug()
            _ = try await station.prepare()
            let challenge = try await chip.startDebugSession()
            try await chip.openDebugPort(product.answer(challenge, of: bench.uid, .rework))
            await expectRefusal("chip.rotation.unready") { try await station.prepare() }
            try await chip.reset()
            _ = try await station.prepare()
            let deep = try await chip.startDebugSession()
            try await chip.openDebugPort(product.answer(deep, of: bench.uid, .rework | .secureMemory))
            try await chip.reset()
            #expect(try await chip.status().exposed)
            await expectRefusal("chip.rotation.unready") { try await chip.prepareRotation(nonce: .fresh()) }
            // A wipe takes the next key along.
            try await station.rework()
            #expect(try await chip.status().nextKey == nil)
        }
    }

    private static let cuts = VirtualChipCut.all.filter {
        [.prepareRotation, .stageRotation, .switchCredential].contains($0.point)
    }

    /// Whatever the power does, the device attests itself with one credential, whole: the old one or the new one.
    @Test(arguments: cuts)
    func oneCredentialIsInUseAfterACutAt(_ cut: VirtualChipCut) async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualN))
        let station = StationStandIn(product: product, bench: bench, chip: bench.programmer)
        let old = try await bench.powered { chip in
            try await station.provision()
            try await chip.lockDebug()
            return try await chip.status()
        }
        async let death: Void = chipProcess(bench.folder, cut)
        for _ in 0..<1_000 {
            if (try? await bench.programmer.identify()) != nil { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let interrupted = await #expect(throws: Refusal.self) { _ = try await station.rotate() }
        #expect(interrupted?.code == "programmer.chip.disconnected")
        await death
        await bench.programmer.close()
        try await bench.powered { chip in
            let status = try await chip.status()
            let key = try #require(status.signingKey)
            #expect(try await signs(key, station))
            let isSwitched = cut.point == .switchCredential && cut.moment == .afterWrite
            #expect((key != old.signingKey) == isSwitched)
            #expect(
                (status[.dac] != old[.dac]) == isSwitched && (status[.factoryData] != old[.factoryData]) == isSwitched
            )
            #expect(isSwitched ? status.nextKey == nil : true)
            if isSwitched {
                try await chip.switchCredential(to: key.keyID)
            } else {
                let next = status.nextKey
                _ = try await station.rotate()
                if let next { #expect(try await chip.status().signingKey == next, "it goes on with the key it had") }
            }
            #expect(try await chip.status().debugLocked)
            _ = try await station.rotate()
        }
    }

    private func chipProcess(_ folder: String, _ cut: VirtualChipCut) async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [folder = folder as String, cut = cut.description as String] in
            let configuration = try VirtualChipProcess.Configuration(
                folder: folder,
                address: ChipAddress(folder + "/socket"),
                cut: VirtualChipCut(cut)
            )
            try await VirtualChipProcess.run(configuration)
        }
    }
}
