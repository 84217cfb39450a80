import GRDB
import GRDBSQLite
import Vocabulary

/// Runs one compiled statement, its arguments bound where they lie and its answer read without going through GRDB's
/// own forms of both, which would copy each value twice more.
struct SQLiteCall {
    private let handle: OpaquePointer

    init(_ statement: Statement) { handle = statement.sqliteStatement }

    /// Throws a `DatabaseError`, `portal.store.failed` for another number of arguments than the statement has, and what
    /// `row` throws.
    ///
    /// - Parameter row: called for each row of the answer.
    func run(_ arguments: SQLArguments, row: (SQLiteCall) throws -> Void = { _ in }) throws {
        sqlite3_reset(handle)
        guard Int(sqlite3_bind_parameter_count(handle)) == arguments.slots.count else {
            throw Refusal(PortalStoreError.failed, "\(arguments.slots.count) arguments")
        }
        // What is bound is not copied: it lies still until the statement has ended.
        try arguments.octets.withUnsafeBytes { octets in
            defer {
                sqlite3_reset(handle)
                sqlite3_clear_bindings(handle)
            }
            for (place, slot) in arguments.slots.enumerated() {
                let code = bind(slot, of: octets, at: Int32(place + 1))
                guard code == SQLITE_OK else { throw failure() }
            }
            while true {
                switch sqlite3_step(handle) {
                case SQLITE_ROW: try row(self)
                case SQLITE_DONE: return
                default: throw failure()
                }
            }
        }
    }

    private func bind(_ slot: SQLArguments.Slot, of octets: UnsafeRawBufferPointer, at place: Int32) -> Int32 {
        switch slot {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let number): return sqlite3_bind_int64(handle, place, number)
        case .text(let start, let count):
            guard let base = octets.baseAddress else { return SQLITE_MISUSE }
            let text = (base + start).assumingMemoryBound(to: CChar.self)
            return sqlite3_bind_text(handle, place, text, Int32(count), nil)
        case .blob(let start, let count):
            guard count > 0, let base = octets.baseAddress else { return sqlite3_bind_zeroblob(handle, place, 0) }
            return sqlite3_bind_blob(handle, place, base + start, Int32(count), nil)
        }
    }

    private func failure() -> DatabaseError {
        let database = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database)),
            message: String(cString: sqlite3_errmsg(database))
        )
    }

    /// Steps of SQLite's machine since this was last asked.
    func takeSteps() -> Int { Int(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 1)) }

    // MARK: The present row

    var columnCount: Int { Int(sqlite3_column_count(handle)) }

    /// Throws `portal.store.type` for a floating-point number: no column of ours holds one.
    func value(_ index: Int) throws -> SQLValue {
        let column = Int32(index)
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_NULL: return .null
        case SQLITE_TEXT:
            guard let text = sqlite3_column_text(handle, column) else { return .text("") }
            let count = Int(sqlite3_column_bytes(handle, column))
            return .text(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            guard let bytes = sqlite3_column_blob(handle, column) else { return .blob([]) }
            let count = Int(sqlite3_column_bytes(handle, column))
            return .blob(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
        default: throw Refusal(PortalStoreError.type, "a floating-point number in column \(index)")
        }
    }
}
