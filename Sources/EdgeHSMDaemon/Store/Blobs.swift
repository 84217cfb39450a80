import FoundationEssentials
import GRDB
import Vocabulary

extension FixedBytes {
    /// As SQLite stores it.
    var blob: Data { Data(bytes) }

    /// Throws `edge.journal.corrupt` unless the column holds exactly this many octets.
    init(blob: Data, _ column: String) throws {
        guard blob.count == Self.size else { throw Refusal(EdgeDaemonError.journalCorrupt, "column \(column)") }
        self.init(validated: Array(blob))
    }
}

extension [UInt8] {
    var blob: Data { Data(self) }
}

extension Row {
    func fixed<Value: FixedBytes>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let data: Data = self[column] else { throw Refusal(EdgeDaemonError.journalCorrupt, "column \(column)") }
        return try Value(blob: data, column)
    }

    func octets(_ column: String) throws -> [UInt8] {
        guard let data: Data = self[column] else { throw Refusal(EdgeDaemonError.journalCorrupt, "column \(column)") }
        return Array(data)
    }

    func integer<Value: FixedWidthInteger>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let number: Int64 = self[column], let value = Value(exactly: number) else {
            throw Refusal(EdgeDaemonError.journalCorrupt, "column \(column)")
        }
        return value
    }
}
