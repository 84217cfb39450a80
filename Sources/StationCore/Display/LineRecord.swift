import Statements
import Vocabulary

/// The lines of `--json`: one object a unit, then one for the run. No label, no secret.
public enum LineRecord {
    private struct Unit: Encodable {
        let type = "unit"
        let site: Int
        let place: Int
        let result: UnitOutcome.Result
        let chipUID: ChipUID?
        let unit: Digest256?
        let serial: DeviceSerial?
        let step: UnitStep?
        let code: String?
        let meaning: String?
        let remedy: String?
        let detail: String?
        let milliseconds: Int
    }

    private struct Run: Encodable {
        let type = "summary"
        let begun: Int
        let yield: String?
        let exitCode: Int32
        let totals: LineSummary

        private enum CodingKeys: String, CodingKey { case type, begun, yield, exitCode, totals }

        /// A yield of nothing is null, not absent.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(type, forKey: .type)
            try container.encode(begun, forKey: .begun)
            try container.encode(yield, forKey: .yield)
            try container.encode(exitCode, forKey: .exitCode)
            try container.encode(totals, forKey: .totals)
        }
    }

    public static func unit(site: Int, place: Int, outcome: UnitOutcome, milliseconds: Int) throws -> String {
        let unit = Unit(
            site: site,
            place: place,
            result: outcome.result,
            chipUID: outcome.chipUID,
            unit: outcome.unit,
            serial: outcome.serial,
            step: outcome.step,
            code: outcome.refusal?.code,
            meaning: outcome.refusal?.meaning,
            remedy: outcome.refusal?.remedy,
            detail: outcome.refusal?.detail,
            milliseconds: milliseconds
        )
        return String(decoding: try StatementCoding.encode(unit), as: UTF8.self)
    }

    public static func summary(_ summary: LineSummary) throws -> String {
        let run = Run(
            begun: summary.begun,
            yield: summary.begun > 0 ? summary.yield : nil,
            exitCode: summary.exitCode,
            totals: summary
        )
        return String(decoding: try StatementCoding.encode(run), as: UTF8.self)
    }
}
