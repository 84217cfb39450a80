/// A DER value that a test can take apart and put together wrongly. Single-octet tags and definite lengths only.
struct DERTree: Equatable {
    var tag: UInt8
    /// Members of a constructed value; nil for a primitive one.
    var children: [DERTree]?
    var content: [UInt8]

    init(_ tag: UInt8, _ content: [UInt8]) {
        self.tag = tag
        self.content = content
    }

    init(_ tag: UInt8, children: [DERTree]) {
        self.tag = tag
        self.children = children
        self.content = []
    }

    init(parsing bytes: [UInt8]) {
        var position = 0
        self = DERTree.read(bytes, &position)
        precondition(position == bytes.count, "a test's own value is DER")
    }

    private static func read(_ bytes: [UInt8], _ position: inout Int) -> DERTree {
        let tag = bytes[position]
        var length = Int(bytes[position + 1])
        position += 2
        if length >= 0x80 {
            let octets = length & 0x7F
            length = bytes[position..<(position + octets)].reduce(0) { $0 << 8 | Int($1) }
            position += octets
        }
        let end = position + length
        guard tag & 0x20 != 0 else {
            defer { position = end }
            return DERTree(tag, Array(bytes[position..<end]))
        }
        var children: [DERTree] = []
        while position < end { children.append(read(bytes, &position)) }
        return DERTree(tag, children: children)
    }

    var encoded: [UInt8] {
        let body = children.map { $0.flatMap(\.encoded) } ?? content
        let length: [UInt8] =
            switch body.count {
            case ..<0x80: [UInt8(body.count)]
            case ..<0x100: [0x81, UInt8(body.count)]
            default: [0x82, UInt8(body.count >> 8), UInt8(body.count & 0xFF)]
            }
        return [tag] + length + body
    }

    /// A SEQUENCE around octets that need not be DER.
    static func sequence(_ body: [UInt8]) -> [UInt8] { [0x30] + DERTree(0x04, body).encoded.dropFirst() }

    subscript(_ path: Int...) -> DERTree {
        get { path.reduce(self) { $0.children![$1] } }
        set { set(newValue, at: path[...]) }
    }

    private mutating func set(_ value: DERTree, at path: ArraySlice<Int>) {
        guard let first = path.first else {
            self = value
            return
        }
        children![first].set(value, at: path.dropFirst())
    }

    /// Every path into the tree, the root first.
    var paths: [[Int]] {
        [[]] + (children ?? []).enumerated().flatMap { index, child in child.paths.map { [index] + $0 } }
    }

    mutating func edit(at path: [Int], _ change: (inout DERTree) -> Void) {
        guard let first = path.first else { return change(&self) }
        children![first].edit(at: Array(path.dropFirst()), change)
    }
}
