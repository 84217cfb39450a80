import ChipPort
import Foundation
import Programmers
import Silicon
import Testing
import VirtualChip
import Vocabulary

/// A chip process is killed at every named point; then a station resumes and finishes the unit.
@Suite(.serialized)
struct PowerCutTests {
    @Test(arguments: VirtualChipCut.all)
    func aStationResumesAfterACutAt(_ cut: VirtualChipCut) async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualV))
        let station = StationStandIn(product: product, bench: bench, chip: bench.programmer)
        async let death: Void = chipProcess(bench.folder, cut)
        try await waitForSocket(bench)
        let interrupted = await #expect(throws: Refusal.self) { try await life(station) }
        #expect(interrupted?.code == "programmer.chip.disconnected", "\(cut): \(String(describing: interrupted))")
        await death
        await bench.programmer.close()

        let keyBefore = try bench.secret("signing").map { $0.withBytes { Array($0) } }
        let finished = try await bench.powered { chip in
            #expect(try await chip.status().debugOpen != chip.status().debugLocked, "ADAC ends with power")
            if try await !chip.status().debugLocked {
                try await station.provision()
                if let keyBefore, cut.point != .wipe {
                    #expect(try bench.secret("signing")?.withBytes { Array($0) } == keyBefore, "\(cut)")
                }
                try await chip.lockDebug()
            }
            try await station.rework()
            try await station.provision()
            _ = try await chip.status()
            return try await chip.status()
        }
        #expect(finished.lifecycle == .secured)
        #expect(finished[.firmware]?.digest == product.firmwareDigest)
        #expect(finished.secureBootKeyHash != nil && finished.debugRootKeyHash == product.root.fields.keyHash)
        try await bench.powered { _ in _ = try await station.attest() }
    }

    /// All that can happen to a unit, once.
    private func life(_ station: StationStandIn) async throws {
        try await station.provision()
        _ = try await station.attest()
        try await station.chip.lockDebug()
        _ = try await station.rotate()
        try await station.rework()
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

    private func waitForSocket(_ bench: ChipBench) async throws {
        for _ in 0..<1_000 {
            if (try? await bench.programmer.identify()) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the chip process did not start")
    }

    @Test func cutsAreWrittenAsText() throws {
        #expect(VirtualChipCut.all.count == 12 * 3 + 3 * 2)
        for cut in VirtualChipCut.all { #expect(try VirtualChipCut(cut.description) == cut) }
        #expect(try VirtualChipCut("write-firmware") == VirtualChipCut(.writeFirmware, .before))
        #expect(try VirtualChipCut("wipe:after-write@3") == VirtualChipCut(.wipe, .afterWrite, occurrence: 3))
        for text in ["", "x", "wipe:", "wipe@0", "wipe@", "wipe:before:2", "adac:mid-write", "wipe@1@2"] {
            #expect(throws: Refusal.self, "\(text)") { try VirtualChipCut(text) }
        }
    }
}
