import Vocabulary

/// The shape of a JSON text: enough to find duplicate and unknown keys, which `JSONDecoder` lets pass.
indirect enum JSONShape {
    case object([String: JSONShape])
    case array([JSONShape])
    case null
    case scalar
}

/// RFC 8259, strictly, with a bound on depth and no duplicate keys.
struct StrictJSON {
    static let deepest = 32
    private let text: [UInt8]
    private var position = 0

    /// Throws `config.file.malformed` with line and column.
    static func shape(of text: [UInt8]) throws -> JSONShape {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw Refusal(ServiceSupportError.configurationMalformed, "not UTF-8")
        }
        var parser = StrictJSON(text: text)
        let shape = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == text.count else { throw parser.malformed("text after the end") }
        return shape
    }

    private init(text: [UInt8]) { self.text = text }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private func malformed(_ what: String) -> Refusal {
        let before = text[..<min(position, text.count)]
        let line = before.count(where: { $0 == 0x0a }) + 1
        let column = before.count - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0) + 1
        return Refusal(ServiceSupportError.configurationMalformed, "line \(line), column \(column): \(what)")
    }

    private mutating func skipSpace() {
        while let character = next, [0x20, 0x09, 0x0a, 0x0d].contains(character) { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard next == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONShape {
        guard depth < Self.deepest else { throw malformed("nested too deep") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""):
            _ = try string()
            return .scalar
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        default: try number()
        }
        return .scalar
    }

    private mutating func object(_ depth: Int) throws -> JSONShape {
        position += 1
        var members: [String: JSONShape] = [:]
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw malformed("a key in quotes is missing") }
            let key = try string()
            guard members[key] == nil else { throw malformed("key \(key) twice") }
            guard take(":") else { throw malformed("a colon is missing") }
            members[key] = try value(depth: depth + 1)
        } while take(",")
        guard take("}") else { throw malformed("a closing brace is missing") }
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws -> JSONShape {
        position += 1
        var elements: [JSONShape] = []
        if take("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw malformed("a closing bracket is missing") }
        return .array(elements)
    }

    private mutating func word(_ word: String) throws {
        let characters = Array(word.utf8)
        guard text[position...].starts(with: characters) else { throw malformed("not a value") }
        position += characters.count
    }

    private mutating func number() throws {
        if next == UInt8(ascii: "-") { position += 1 }
        let first = next
        guard digits() > 0 else { throw malformed("not a value") }
        if first == UInt8(ascii: "0"), text[position - 1] != UInt8(ascii: "0") { throw malformed("leading zero") }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw malformed("a digit is missing") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw malformed("a digit is missing") }
        }
    }

    private mutating func digits() -> Int {
        let start = position
        while let digit = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) { position += 1 }
        return position - start
    }

    /// Keys are compared as they are written, so a key may hold no escape: nobody writes a configuration so.
    private mutating func string() throws -> String {
        position += 1
        let start = position
        while let character = next {
            switch character {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text[start..<position - 1], as: UTF8.self)
            case UInt8(ascii: "\\"): position += 2
            case 0..<0x20: throw malformed("control character in a text")
            default: position += 1
            }
        }
        throw malformed("a text does not end")
    }
}
