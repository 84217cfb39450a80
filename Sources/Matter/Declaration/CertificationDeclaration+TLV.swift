internal import Vocabulary

extension CertificationDeclaration {
    /// Largest content, octets: 100 product ids, 10 PAAs and room for fields of later versions.
    public static let contentLimit = 1024

    /// Decodes the TLV content (Matter 6.3.1). Tags 0 to 8 are mandatory and ascending; 9 and 10 stand together or not
    /// at all; higher tags than 11 in ascending order are tolerated. Values are checked by range, not by width.
    ///
    /// Throws `matter.declaration.content` and `matter.declaration.field-range`.
    public init(tlv bytes: [UInt8]) throws {
        let root: TLVElement
        do {
            root = try TLVElement(decoding: bytes, limit: Self.contentLimit)
        } catch let refusal as Refusal {
            throw Refusal(MatterError.declarationContent, refusal.detail)
        }
        guard root.tag == .anonymous, case .structure(let members) = root.value else {
            throw Refusal(MatterError.declarationContent, "not an anonymous structure")
        }
        var fields = try Fields(members)
        guard try fields.number(0, limit: .max) == 1 else {
            throw Refusal(MatterError.declarationRange, "format version")
        }
        let vendorID = VendorID(UInt16(try fields.number(1, limit: 0xFFFF)))
        let productIDs = try fields.productIDs(2)
        let deviceType = UInt32(try fields.number(3, limit: 0xFFFF_FFFF))
        let certificateID = try fields.text(4)
        let securityLevel = UInt8(try fields.number(5, limit: 0xFF))
        let securityInformation = UInt16(try fields.number(6, limit: 0xFFFF))
        let versionNumber = UInt16(try fields.number(7, limit: 0xFFFF))
        guard let kind = Kind(rawValue: UInt8(try fields.number(8, limit: 0xFF))) else {
            throw Refusal(MatterError.declarationRange, "certification type")
        }
        let origin = try fields.origin()
        let authorizedPAAs = try fields.authorizedPAAs()
        try fields.end()
        try self.init(
            vendorID: vendorID,
            productIDs: productIDs,
            deviceType: deviceType,
            certificateID: certificateID,
            securityLevel: securityLevel,
            securityInformation: securityInformation,
            versionNumber: versionNumber,
            kind: kind,
            origin: origin,
            authorizedPAAs: authorizedPAAs
        )
    }

    /// The TLV content, integers in the fewest octets.
    public var tlv: [UInt8] {
        func number(_ tag: UInt8, _ value: some UnsignedInteger) -> TLVElement {
            TLVElement(.context(tag), .unsigned(UInt64(value)))
        }
        let ids = productIDs.map { TLVElement(.anonymous, .unsigned(UInt64($0.value))) }
        var members = [
            number(0, UInt8(1)), number(1, vendorID.value), TLVElement(.context(2), .array(ids)),
            number(3, deviceType), TLVElement(.context(4), .utf8(certificateID)), number(5, securityLevel),
            number(6, securityInformation), number(7, versionNumber), number(8, kind.rawValue),
        ]
        if let origin {
            members += [number(9, origin.vendorID.value), number(10, origin.productID.value)]
        }
        if let authorizedPAAs {
            let identifiers = authorizedPAAs.map { TLVElement(.anonymous, .octets($0)) }
            members.append(TLVElement(.context(11), .array(identifiers)))
        }
        return TLVElement(.anonymous, .structure(members)).encoded
    }
}

/// The members in their order, each taken once.
private struct Fields {
    private var members: ArraySlice<TLVElement>

    init(_ members: [TLVElement]) throws {
        var previous = -1
        for member in members {
            guard case .context(let tag) = member.tag, Int(tag) > previous else {
                throw Refusal(MatterError.declarationContent, "fields out of order")
            }
            previous = Int(tag)
        }
        self.members = members[...]
    }

    private mutating func optional(_ tag: UInt8) -> TLVElement? {
        members.first?.tag == .context(tag) ? members.removeFirst() : nil
    }

    private mutating func required(_ tag: UInt8) throws -> TLVElement {
        guard let member = optional(tag) else {
            throw Refusal(MatterError.declarationContent, "field \(tag) is missing")
        }
        return member
    }

    mutating func number(_ tag: UInt8, limit: UInt64) throws -> UInt64 {
        guard let value = try required(tag).unsigned else {
            throw Refusal(MatterError.declarationContent, "field \(tag) is not an unsigned integer")
        }
        guard value <= limit else { throw Refusal(MatterError.declarationRange, "field \(tag) is \(value)") }
        return value
    }

    mutating func text(_ tag: UInt8) throws -> String {
        guard let value = try required(tag).utf8 else {
            throw Refusal(MatterError.declarationContent, "field \(tag) is not a string")
        }
        return value
    }

    mutating func productIDs(_ tag: UInt8) throws -> [ProductID] {
        guard case .array(let elements) = try required(tag).value else {
            throw Refusal(MatterError.declarationContent, "field \(tag) is not an array")
        }
        return try elements.map { element in
            guard let value = element.unsigned else {
                throw Refusal(MatterError.declarationContent, "a product id is not an unsigned integer")
            }
            guard let id = UInt16(exactly: value) else {
                throw Refusal(MatterError.declarationRange, "product id \(value)")
            }
            return ProductID(id)
        }
    }

    mutating func origin() throws -> CertificationDeclaration.Origin? {
        guard members.first?.tag == .context(9) || members.first?.tag == .context(10) else { return nil }
        return CertificationDeclaration.Origin(
            vendorID: VendorID(UInt16(try number(9, limit: 0xFFFF))),
            productID: ProductID(UInt16(try number(10, limit: 0xFFFF)))
        )
    }

    mutating func authorizedPAAs() throws -> [[UInt8]]? {
        guard let member = optional(11) else { return nil }
        guard case .array(let elements) = member.value else {
            throw Refusal(MatterError.declarationContent, "field 11 is not an array")
        }
        return try elements.map { element in
            guard let octets = element.octets else {
                throw Refusal(MatterError.declarationContent, "a PAA key identifier is not an octet string")
            }
            return octets
        }
    }

    /// Only fields of later versions may be left.
    func end() throws {
        guard members.allSatisfy({ if case .context(let tag) = $0.tag { tag > 11 } else { false } }) else {
            throw Refusal(MatterError.declarationContent, "a field out of place")
        }
    }
}
