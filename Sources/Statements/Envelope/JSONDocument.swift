import Vocabulary

/// JSON that `StrictJSON` has passed, with the places of all its values.
struct JSONDocument: Sendable {
    struct Node: Sendable {
        enum Kind: UInt8, Sendable {
            case object
            case array
            /// Without escapes: its octets are its text.
            case string
            case escapedString
            case number
            case `true`
            case `false`
            case null
        }

        let kind: Kind
        /// Octets of the value; of a string those between the quotes.
        let start: Int32
        var end: Int32
        /// The node that follows this value and all within it.
        var next: Int32

        init(kind: Kind, start: Int32) {
            self.kind = kind
            self.start = start
            end = start
            next = 0
        }
    }

    let bytes: [UInt8]
    /// Each value before what is in it; in an object each name before its value.
    let nodes: [Node]

    func withOctets<Value>(_ node: Node, _ body: (UnsafeBufferPointer<UInt8>) throws -> Value) rethrows -> Value {
        try bytes.withUnsafeBufferPointer { octets in
            try body(UnsafeBufferPointer(rebasing: octets[Int(node.start)..<Int(node.end)]))
        }
    }

    func octets(_ node: Node) -> ArraySlice<UInt8> { bytes[Int(node.start)..<Int(node.end)] }

    /// A string's text, escapes resolved; nil for any other value.
    func text(_ node: Node) -> String? {
        switch node.kind {
        case .string: withOctets(node) { String(decoding: $0, as: UTF8.self) }
        case .escapedString: unescaped(octets(node))
        default: nil
        }
    }

    /// The value of a member; nil where there is none of this name.
    func member(_ name: String, of object: Int) -> Int? {
        var name = name
        return name.withUTF8 { wanted in
            var index = object + 1
            let end = Int(nodes[object].next)
            while index < end {
                let node = nodes[index]
                if Int(node.end - node.start) == wanted.count, isText(wanted, at: Int(node.start)) { return index + 1 }
                index = Int(nodes[index + 1].next)
            }
            return nil
        }
    }

    private func isText(_ wanted: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        for place in 0..<wanted.count where bytes[start + place] != wanted[place] { return false }
        return true
    }

    /// The whole number at a node; nil for any other value and what `Number` can not hold.
    func number<Number: FixedWidthInteger>(_ node: Node) -> Number? {
        guard node.kind == .number else { return nil }
        let isNegative = bytes[Int(node.start)] == UInt8(ascii: "-")
        // At most 2^53 - 1, as the scanner has seen to.
        var magnitude: Int64 = 0
        for place in Int(node.start) + (isNegative ? 1 : 0)..<Int(node.end) {
            magnitude = magnitude &* 10 &+ Int64(bytes[place] &- UInt8(ascii: "0"))
        }
        return Number(exactly: isNegative ? -magnitude : magnitude)
    }

    /// Names and places from the outermost value to a node.
    func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var index = 0
        while index < target {
            let isObject = nodes[index].kind == .object
            let end = Int(nodes[index].next)
            var (child, place) = (index + 1, 0)
            while child < end {
                let value = isObject ? child + 1 : child
                guard Int(nodes[value].next) <= target else {
                    path.append(isObject ? Step(stringValue: text(nodes[child]) ?? "") : Step(intValue: place))
                    index = value
                    break
                }
                child = Int(nodes[value].next)
                place += 1
            }
            guard child < end else { break }
        }
        return path
    }

    /// One step of a path.
    struct Step: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) {
            self.stringValue = stringValue
            intValue = nil
        }

        init(intValue: Int) {
            // As Foundation's decoder calls it.
            stringValue = "Index \(intValue)"
            self.intValue = intValue
        }
    }

    private func unescaped(_ octets: ArraySlice<UInt8>) -> String {
        var units: [UInt16] = []
        var text = ""
        var rest = octets
        func flush() {
            text += String(decoding: units, as: UTF16.self)
            units = []
        }
        while let first = rest.first {
            guard first == UInt8(ascii: "\\") else {
                flush()
                let plain = rest.prefix { $0 != UInt8(ascii: "\\") }
                text += String(decoding: plain, as: UTF8.self)
                rest = rest.dropFirst(plain.count)
                continue
            }
            let kind = rest.dropFirst().first ?? 0
            rest = rest.dropFirst(2)
            switch kind {
            case UInt8(ascii: "u"):
                let digits = String(decoding: rest.prefix(4), as: UTF8.self)
                units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            default: units.append(UInt16(kind))
            }
        }
        flush()
        return text
    }
}
