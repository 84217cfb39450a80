import GRDB
import GRDBSQLite
import Vocabulary

/// Runs a statement that changes rows, its arguments bound straight from our values: an ingest writes thousands of them
/// at a time, and each would be copied twice more on its way through GRDB's own.
struct SQLiteWrite {
    /// SQLite copies what is bound (`SQLITE_TRANSIENT`, which is no C constant that Swift sees).
    private static let copied = unsafeBitCast(OpaquePointer(bitPattern: -1), to: sqlite3_destructor_type.self)

    private let handle: OpaquePointer

    init(_ statement: Statement) { handle = statement.sqliteStatement }

    /// Throws a `DatabaseError`, or `portal.store.failed` for another number of arguments than the statement has.
    func execute(_ arguments: [SQLValue]) throws {
        sqlite3_reset(handle)
        guard Int(sqlite3_bind_parameter_count(handle)) == arguments.count else {
            throw Refusal(PortalStoreError.failed, "\(arguments.count) arguments")
        }
        for (place, value) in zip(Int32(1)..., arguments) {
            let code = bind(value, at: place)
            guard code == SQLITE_OK else { throw failure(code) }
        }
        var code = sqlite3_step(handle)
        while code == SQLITE_ROW { code = sqlite3_step(handle) }
        let error = code == SQLITE_DONE ? nil : failure(code)
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        if let error { throw error }
    }

    private func bind(_ value: SQLValue, at place: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let number): return sqlite3_bind_int64(handle, place, number)
        case .text(let text):
            return text.withCString { sqlite3_bind_text(handle, place, $0, -1, Self.copied) }
        case .blob(let bytes):
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, place, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob(handle, place, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let database = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database)),
            message: String(cString: sqlite3_errmsg(database))
        )
    }
}
