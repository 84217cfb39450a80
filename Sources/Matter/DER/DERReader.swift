internal import SwiftASN1
internal import Vocabulary

/// Walks one constructed DER value from left to right and refuses whatever the caller did not ask for.
///
/// `DERNode` has checked the encoding (definite minimal lengths, nesting of at most 50, nothing left over); this type
/// checks the shape. Every fault becomes a `Refusal` with the code that the caller chose.
struct DERReader {
    private let octets: ArraySlice<UInt8>
    /// Where the next value stands.
    private var place: Int
    let fault: MatterError

    /// Reads the whole of `bytes` as one value of `identifier`.
    init(_ bytes: [UInt8], _ identifier: ASN1Identifier = .sequence, fault: MatterError) throws {
        try self.init(bytes[...], identifier, fault: fault)
    }

    init(_ bytes: ArraySlice<UInt8>, _ identifier: ASN1Identifier = .sequence, fault: MatterError) throws {
        guard let node = DERNode(checking: bytes) else { throw Refusal(fault, "not DER") }
        try self.init(node, identifier, fault: fault)
    }

    init(_ node: DERNode, _ identifier: ASN1Identifier = .sequence, fault: MatterError) throws {
        guard node.identifier == identifier, node.isConstructed else {
            throw Refusal(fault, "expected \(identifier), found \(node.identifier)")
        }
        self.fault = fault
        octets = node.content
        place = octets.startIndex
    }

    private var following: DERNode? { DERNode(in: octets, at: place, before: octets.endIndex) }
    var peek: ASN1Identifier? { following?.identifier }
    var isAtEnd: Bool { place >= octets.endIndex }

    mutating func any() throws -> DERNode {
        guard let node = following else { throw Refusal(fault, "a field is missing") }
        place = node.content.endIndex
        return node
    }

    mutating func next(_ identifier: ASN1Identifier) throws -> DERNode {
        let node = try any()
        guard node.identifier == identifier else {
            throw Refusal(fault, "expected \(identifier), found \(node.identifier)")
        }
        return node
    }

    mutating func optional(_ identifier: ASN1Identifier) throws -> DERNode? {
        peek == identifier ? try any() : nil
    }

    mutating func constructed(_ identifier: ASN1Identifier = .sequence) throws -> DERReader {
        try DERReader(any(), identifier, fault: fault)
    }

    mutating func primitive(_ identifier: ASN1Identifier) throws -> ArraySlice<UInt8> {
        try DERReader.primitive(next(identifier), fault: fault)
    }

    mutating func end() throws {
        guard isAtEnd else { throw Refusal(fault, "a field more than the format has") }
    }

    /// An INTEGER's content octets, minimally encoded (X.690 section 8.3.2).
    mutating func integer() throws -> ArraySlice<UInt8> {
        let content = try primitive(.integer)
        guard let first = content.first else { throw Refusal(fault, "an integer without octets") }
        if let second = content.dropFirst().first {
            guard !(first == 0x00 && second < 0x80), !(first == 0xFF && second >= 0x80) else {
                throw Refusal(fault, "an integer with an octet too many")
            }
        }
        return content
    }

    /// An INTEGER of 0 to 127.
    mutating func smallInteger() throws -> Int {
        let content = try integer()
        guard content.count == 1, let value = content.first, value < 0x80 else {
            throw Refusal(fault, "an integer outside 0 to 127")
        }
        return Int(value)
    }

    /// A BOOLEAN that is TRUE. FALSE as a default value must be absent in DER (X.690 section 11.5).
    mutating func optionalTrue() throws -> Bool {
        guard peek == .boolean else { return false }
        guard try primitive(.boolean).elementsEqual([0xFF]) else {
            throw Refusal(fault, "a BOOLEAN that is not TRUE stands where a default must be absent")
        }
        return true
    }

    /// A BIT STRING without unused bits.
    mutating func bitString() throws -> ArraySlice<UInt8> {
        let content = try primitive(.bitString)
        guard content.first == 0 else { throw Refusal(fault, "a BIT STRING with unused bits") }
        return content.dropFirst()
    }

    static func primitive(_ node: DERNode, fault: MatterError) throws -> ArraySlice<UInt8> {
        guard !node.isConstructed else { throw Refusal(fault, "\(node.identifier) is constructed") }
        return node.content
    }
}

extension ASN1Identifier {
    static func context(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}
