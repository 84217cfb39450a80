import FoundationEssentials
import GRDB

/// SQLite blobs as octets.
enum DataRow {
    static func fetch(_ database: Database, _ sql: String, _ arguments: StatementArguments) throws -> [[UInt8]] {
        try Data.fetchAll(database, sql: sql, arguments: arguments).map { Array($0) }
    }

    static func bytes(_ row: Row, _ column: String) -> [UInt8] {
        let data: Data = row[column]
        return Array(data)
    }
}

extension [UInt8] {
    var data: Data { Data(self) }
}
