/// A tag of Matter TLV (Matter appendix A.2).
public enum TLVTag: Sendable, Hashable {
    case anonymous
    case context(UInt8)
    /// Common, implicit and fully qualified profile tags. `vendor` and `profile` are 0 for common and implicit ones.
    case profile(vendor: UInt16, profile: UInt16, tag: UInt32)
}

/// A value of Matter TLV. The width in which an integer was written is not kept.
public enum TLVValue: Sendable, Hashable {
    case signed(Int64)
    case unsigned(UInt64)
    case boolean(Bool)
    /// The bits of a 4- or 8-octet IEEE 754 number; nothing that we handle holds one, so it is not interpreted.
    case float(bits: UInt64, octets: Int)
    case utf8(String)
    case octets([UInt8])
    case null
    case structure([TLVElement])
    case array([TLVElement])
    case list([TLVElement])
}

/// One element: tag and value.
public struct TLVElement: Sendable, Hashable {
    public let tag: TLVTag
    public let value: TLVValue

    public init(_ tag: TLVTag, _ value: TLVValue) {
        self.tag = tag
        self.value = value
    }

    public var unsigned: UInt64? { if case .unsigned(let value) = value { value } else { nil } }
    public var octets: [UInt8]? { if case .octets(let value) = value { value } else { nil } }
    public var utf8: String? { if case .utf8(let value) = value { value } else { nil } }
}
