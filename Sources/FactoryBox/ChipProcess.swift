import Foundation
import Programmers
import VirtualChip

/// What `obis-demo chip` runs: one virtual chip, until its power is cut.
public enum ChipProcess {
    public static func run(folder: String, socket: String) async throws {
        let planned = try ProcessInfo.processInfo.environment[VirtualChipCut.environmentVariable].map {
            try VirtualChipCut($0)
        }
        try await VirtualChipProcess.run(
            VirtualChipProcess.Configuration(folder: folder, address: ChipAddress(socket), cut: planned)
        )
    }
}
