import Foundation
import GRDB
import GRDBSQLite

/// Rows of one table, their values one after the other in one stretch of octets, ready to be bound where they lie.
struct BareRows {
    fileprivate enum Slot {
        case integer(Int64)
        case text(start: Int, count: Int)
        case blob(start: Int, count: Int)
        case null
    }

    let table: String
    let columns: Int
    private(set) var count = 0
    fileprivate private(set) var slots: [Slot] = []
    fileprivate private(set) var octets: [UInt8] = []

    init(table: String, columns: Int) {
        self.table = table
        self.columns = columns
    }

    /// Throws `Fault.answerWrong` for a value that no column of ours has.
    mutating func add(_ row: Row) throws {
        for value in row.databaseValues {
            switch value.storage {
            case .null: slots.append(.null)
            case .int64(let number): slots.append(.integer(number))
            case .string(let text):
                slots.append(.text(start: octets.count, count: text.utf8.count))
                octets += text.utf8
            case .blob(let data):
                slots.append(.blob(start: octets.count, count: data.count))
                octets += data
            case .double: throw Fault.answerWrong
            }
        }
        count += 1
    }
}

/// One compiled INSERT, called through SQLite's own interface: nothing is copied, checked or made for a row. What the
/// portal's own layer does at best.
struct BareStatement {
    private let handle: OpaquePointer

    init(_ rows: BareRows, in database: Database) throws {
        let marks = Array(repeating: "?", count: rows.columns).joined(separator: ",")
        handle = try database.cachedStatement(sql: "INSERT INTO \(rows.table) VALUES (\(marks))").sqliteStatement
    }

    func run(_ rows: BareRows) throws {
        try rows.octets.withUnsafeBytes { octets in
            for row in 0..<rows.count {
                for column in 0..<rows.columns {
                    let code = bind(rows.slots[row * rows.columns + column], of: octets, at: Int32(column + 1))
                    guard code == SQLITE_OK else { throw Fault.refused }
                }
                guard sqlite3_step(handle) == SQLITE_DONE, sqlite3_reset(handle) == SQLITE_OK else {
                    throw Fault.refused
                }
            }
            sqlite3_clear_bindings(handle)
        }
    }

    private func bind(_ slot: BareRows.Slot, of octets: UnsafeRawBufferPointer, at place: Int32) -> Int32 {
        switch slot {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let number): return sqlite3_bind_int64(handle, place, number)
        case .text(let start, let count):
            guard let base = octets.baseAddress else { return SQLITE_MISUSE }
            return sqlite3_bind_text(
                handle,
                place,
                (base + start).assumingMemoryBound(to: CChar.self),
                Int32(count),
                nil
            )
        case .blob(let start, let count):
            guard count > 0, let base = octets.baseAddress else { return sqlite3_bind_zeroblob(handle, place, 0) }
            return sqlite3_bind_blob(handle, place, base + start, Int32(count), nil)
        }
    }
}
