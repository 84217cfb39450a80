import Foundation
import Programmers
import VirtualChip
import Vocabulary

/// What `obis-demo chip` and `obis-demo rack` run: virtual chips, until their power is cut.
public enum ChipProcess {
    /// One chip in a process of its own, so that it can lose power alone.
    public static func run(folder: String, socket: String) async throws {
        let planned = try ProcessInfo.processInfo.environment[VirtualChipCut.environmentVariable].map {
            try VirtualChipCut($0)
        }
        try await VirtualChipProcess.run(
            VirtualChipProcess.Configuration(folder: folder, address: ChipAddress(socket), cut: planned)
        )
    }

    /// The chips at `places` of a rack: chip n lies in `folder`/n, and answers at `sockets` with n for `{n}`. Writes
    /// `ready` once all of them can be reached.
    public static func run(folder: String, sockets: String, places: ClosedRange<Int>, ready: String) async throws {
        try await VirtualChipProcess.run(
            places.map { place in
                VirtualChipProcess.Configuration(
                    folder: "\(folder)/\(place)",
                    address: try ChipAddress(sockets.replacing("{n}", with: String(place)))
                )
            },
            ready: { _ = FileManager.default.createFile(atPath: ready, contents: nil) }
        )
    }
}
