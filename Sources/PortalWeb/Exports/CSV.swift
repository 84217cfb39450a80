import PortalProtocol
import Statements

/// RFC 4180; what a spreadsheet would take for a formula gets an apostrophe.
enum CSV {
    /// The paths of all that an item can have, as its schema says: a member that only some items have is a column as well.
    /// Lists stay in one column, as JSON.
    static func columns(of schema: JSONSchema, _ path: [String] = []) -> [[String]] {
        guard case .object(let object) = schema else { return [path] }
        return object.fields.flatMap { columns(of: $0.schema, path + [$0.name]) }
    }

    static func head(_ columns: [[String]]) -> String {
        line(columns.map { quoted($0.joined(separator: ".")) })
    }

    static func row(_ item: JSONValue, _ columns: [[String]]) throws -> String {
        line(try columns.map { quoted(try cell(item, $0[...])) })
    }

    private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

    private static func cell(_ value: JSONValue, _ path: ArraySlice<String>) throws -> String {
        if let name = path.first {
            guard case .object(let members) = value, let member = members[name] else { return "" }
            return try cell(member, path.dropFirst())
        }
        switch value {
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .bool(let truth): return truth ? "true" : "false"
        case .null: return ""
        case .array, .object: return String(decoding: try StatementCoding.encode(value), as: UTF8.self)
        }
    }

    static func quoted(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } == true && Int64(text) == nil ? "'" + text : text
        guard safe.contains(where: { "\",\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
