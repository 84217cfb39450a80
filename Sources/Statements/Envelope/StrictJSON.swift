import Vocabulary

/// A scanner that runs before any decoder and refuses what JSON readers disagree about: duplicate keys, fractions and
/// exponents, numbers of 2^53 and above, deep nesting, invalid UTF-8, lone surrogates, and anything after the value.
///
/// Two decoders on this platform read `{"a":1,"a":2}` differently, so what was signed must not contain it.
public struct StrictJSON {
    public static let deepestNesting = 16
    /// Largest magnitude of an integer: every JSON reader keeps it exactly.
    public static let largestInteger: UInt64 = (1 << 53) - 1

    private let bytes: [UInt8]
    private var position = 0
    /// Where the members of the outermost object stand; nil where nobody asked.
    private var members: [Member]?
    /// All values in their order, if anybody asked.
    private var nodes: [JSONDocument.Node] = []
    private let keepsNodes: Bool
    /// Names of the objects that are being read, the innermost one's last.
    private var names: [Range<Int>] = []
    /// False where the newest string holds an escape.
    private var isPlain = true

    /// One member of the outermost object: the octets of its name between the quotes, and of its value.
    public struct Member: Sendable {
        public let name: Range<Int>
        public let value: Range<Int>
    }

    /// Throws a `StatementError` unless `bytes` is one strict JSON value of at most `limit` octets.
    public static func check(_ bytes: [UInt8], limit: Int) throws {
        _ = try scan(bytes, limit: limit, members: nil)
    }

    /// Checks the same, and says where the members of the outermost object stand; none where the value is no object.
    public static func members(of bytes: [UInt8], limit: Int) throws -> [Member] {
        try scan(bytes, limit: limit, members: []) ?? []
    }

    /// Checks the same, and keeps where every value stands, so that it need not be looked for again.
    static func document(of bytes: [UInt8], limit: Int) throws -> JSONDocument {
        let nodes = try scan(bytes, limit: limit, members: nil, keepsNodes: true).nodes
        return JSONDocument(bytes: bytes, nodes: nodes)
    }

    private static func scan(_ bytes: [UInt8], limit: Int, members: [Member]?) throws -> [Member]? {
        try scan(bytes, limit: limit, members: members, keepsNodes: false).members
    }

    private static func scan(
        _ bytes: [UInt8],
        limit: Int,
        members: [Member]?,
        keepsNodes: Bool
    ) throws -> StrictJSON {
        guard bytes.count <= limit else {
            throw Refusal(StatementError.tooLarge, "\(bytes.count) octets, limit \(limit)")
        }
        guard isASCII(bytes) || String(validating: bytes, as: UTF8.self) != nil else {
            throw Refusal(StatementError.malformedJSON, "not UTF-8")
        }
        var scanner = StrictJSON(bytes: bytes, members: members, keepsNodes: keepsNodes)
        if keepsNodes { scanner.nodes.reserveCapacity(64) }
        scanner.names.reserveCapacity(24)
        scanner.skipSpace()
        try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw scanner.malformed("text after the value") }
        return scanner
    }

    private static func isASCII(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { octets in
            var (all, place) = (UInt64(0), 0)
            while place + 8 <= octets.count {
                all |= octets.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                place += 8
            }
            while place < octets.count {
                all |= UInt64(octets[place])
                place += 1
            }
            return all & 0x8080_8080_8080_8080 == 0
        }
    }

    /// A value begins; what is returned ends it.
    private mutating func begin(_ kind: JSONDocument.Node.Kind) -> Int {
        guard keepsNodes else { return 0 }
        nodes.append(.init(kind: kind, start: Int32(truncatingIfNeeded: position)))
        return nodes.count - 1
    }

    private mutating func end(_ index: Int) {
        guard keepsNodes else { return }
        nodes[index].end = Int32(truncatingIfNeeded: position)
        nodes[index].next = Int32(truncatingIfNeeded: nodes.count)
    }

    /// A string that was read, without its quotes.
    private mutating func note(_ string: Range<Int>) {
        guard keepsNodes else { return }
        var node = JSONDocument.Node(
            kind: isPlain ? .string : .escapedString,
            start: Int32(truncatingIfNeeded: string.lowerBound)
        )
        node.end = Int32(truncatingIfNeeded: string.upperBound)
        node.next = Int32(truncatingIfNeeded: nodes.count + 1)
        nodes.append(node)
    }

    private init(bytes: [UInt8], members: [Member]?, keepsNodes: Bool) {
        self.bytes = bytes
        self.members = members
        self.keepsNodes = keepsNodes
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func malformed(_ what: String) -> Refusal {
        Refusal(StatementError.malformedJSON, "\(what) at octet \(position)")
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func expect(_ octet: UInt8) throws {
        guard position < bytes.count, bytes[position] == octet else {
            throw malformed("expected \(Character(UnicodeScalar(octet)))")
        }
        position += 1
    }

    private mutating func value(depth: Int) throws {
        guard depth < Self.deepestNesting else { throw Refusal(StatementError.tooDeep, "octet \(position)") }
        switch current {
        case UInt8(ascii: "{"): try noted(.object) { try $0.object(depth: depth) }
        case UInt8(ascii: "["): try noted(.array) { try $0.array(depth: depth) }
        case UInt8(ascii: "\""): note(try string())
        case UInt8(ascii: "t"): try noted(.true) { try $0.word("true") }
        case UInt8(ascii: "f"): try noted(.false) { try $0.word("false") }
        case UInt8(ascii: "n"): try noted(.null) { try $0.word("null") }
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            try noted(.number) { try $0.number() }
        default: throw malformed("no value")
        }
    }

    private mutating func noted(
        _ kind: JSONDocument.Node.Kind,
        _ read: (inout StrictJSON) throws -> Void
    ) throws {
        let index = begin(kind)
        try read(&self)
        end(index)
    }

    private mutating func word(_ word: StaticString) throws {
        for place in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[place]) }
    }

    private mutating func object(depth: Int) throws {
        try expect(UInt8(ascii: "{"))
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return
        }
        let outer = names.count
        var many = ManyNames()
        while true {
            skipSpace()
            let key = try string()
            guard isPlain, isASCII(key) else { throw malformed("key not plain ASCII") }
            note(key)
            guard isNew(key, after: outer, &many) else {
                throw Refusal(StatementError.duplicateKey, String(decoding: bytes[key].prefix(64), as: UTF8.self))
            }
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            let start = position
            try value(depth: depth + 1)
            if depth == 0 { members?.append(Member(name: key, value: start..<position)) }
            skipSpace()
            guard current == UInt8(ascii: ",") else {
                names.removeSubrange(outer...)
                return try expect(UInt8(ascii: "}"))
            }
            position += 1
        }
    }

    private func isASCII(_ range: Range<Int>) -> Bool {
        for place in range where bytes[place] >= 0x80 { return false }
        return true
    }

    /// Remembers a name of the innermost object, whose names begin at `outer`; false where it was there. Few are
    /// compared one by one; with many, a set keeps hostile input from taking long.
    private mutating func isNew(_ name: Range<Int>, after outer: Int, _ many: inout ManyNames) -> Bool {
        guard names.count - outer < ManyNames.few else { return many.insert(name, names[outer...], of: bytes) }
        for index in outer..<names.count where names[index].count == name.count {
            let (one, other) = (names[index].lowerBound, name.lowerBound)
            var length = 0
            while length < name.count, bytes[one + length] == bytes[other + length] { length += 1 }
            if length == name.count { return false }
        }
        names.append(name)
        return true
    }

    private mutating func array(depth: Int) throws {
        try expect(UInt8(ascii: "["))
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return
        }
        while true {
            skipSpace()
            try value(depth: depth + 1)
            skipSpace()
            guard current == UInt8(ascii: ",") else {
                return try expect(UInt8(ascii: "]"))
            }
            position += 1
        }
    }

    private mutating func number() throws {
        if current == UInt8(ascii: "-") { position += 1 }
        let start = position
        var magnitude: UInt64 = 0
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            magnitude = magnitude * 10 + UInt64(byte - UInt8(ascii: "0"))
            guard magnitude <= Self.largestInteger else {
                throw Refusal(StatementError.forbiddenNumber, "2^53 or more")
            }
            position += 1
        }
        guard position > start else { throw malformed("no digits") }
        guard bytes[start] != UInt8(ascii: "0") || position == start + 1 else { throw malformed("leading zero") }
        switch current {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            throw Refusal(StatementError.forbiddenNumber, "fraction or exponent at octet \(position)")
        default: break
        }
    }

    /// Where the raw octets between the quotes stand, escapes checked but not resolved.
    private mutating func string() throws -> Range<Int> {
        try expect(UInt8(ascii: "\""))
        let start = position
        isPlain = true
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return start..<position - 1
            case UInt8(ascii: "\\"):
                isPlain = false
                try escape()
            case 0x00...0x1F: throw malformed("control character in a string")
            default: position += 1
            }
        }
        throw malformed("unterminated string")
    }

    private mutating func escape() throws {
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try hexUnit()
            guard !(0xDC00...0xDFFF).contains(unit) else { throw malformed("lone surrogate") }
            guard (0xD800...0xDBFF).contains(unit) else { return }
            try expect(UInt8(ascii: "\\"))
            try expect(UInt8(ascii: "u"))
            guard (0xDC00...0xDFFF).contains(try hexUnit()) else { throw malformed("lone surrogate") }
        default: throw malformed("unknown escape")
        }
    }

    private mutating func hexUnit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw malformed("bad \\u escape")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}

/// The names seen in an object of many.
private struct ManyNames {
    static let few = 24

    private var names: Set<ArraySlice<UInt8>> = []

    /// - Parameter first: the names before they were many. False where the name was there.
    mutating func insert(_ name: Range<Int>, _ first: ArraySlice<Range<Int>>, of bytes: [UInt8]) -> Bool {
        if names.isEmpty { names = Set(first.map { bytes[$0] }) }
        return names.insert(bytes[name]).inserted
    }
}
