import Foundation
import Statements
import Vocabulary

/// What a station said of its units, from the lines of `--json`, over all of its runs that share a log.
struct LineLog: Sendable {
    struct Unit: Decodable, Sendable {
        let chipUID: ChipUID?
        let result: String
        let serial: DeviceSerial?
        let unit: Digest256?
        let code: String?
        let detail: String?
    }

    let units: [Unit]

    init(_ log: URL) throws {
        // A killed station may have left half a line.
        units = String(decoding: try Data(contentsOf: log), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("{") && $0.contains(#""type":"unit""#) && $0.hasSuffix("}") }
            .compactMap { try? StatementCoding.decode(Unit.self, from: Array($0.utf8)) }
    }

    /// Chips whose unit was reported as passed, in this run or one before.
    var passed: Set<ChipUID> {
        Set(units.filter { ["passed", "passedBefore"].contains($0.result) }.compactMap(\.chipUID))
    }

    /// The first unit that was given up, in words.
    var givenUp: String? {
        units.first { $0.result == "failed" }.map { "\($0.chipUID?.hex ?? "?"): \($0.code ?? "?") \($0.detail ?? "")" }
    }
}
