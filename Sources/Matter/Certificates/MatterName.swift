internal import SwiftASN1
public import Vocabulary

/// A distinguished name of an attestation certificate, with the vendor and product id that Matter puts there.
///
/// Two names are the same when their DER is, octet by octet.
public struct MatterName: Sendable, Hashable {
    /// Longest Name that the reference implementation keeps, octets.
    public static let longestDER = 200
    /// Longest common name in which the fallback ids are looked for, and that we issue, octets.
    public static let longestCommonName = 64

    public let der: [UInt8]
    public let commonName: String?
    public let vendorID: VendorID?
    public let productID: ProductID?
    /// True when the ids stand in attributes of their own, false when they were found in the common name.
    public let usesAttributes: Bool

    public static func == (left: Self, right: Self) -> Bool { left.der == right.der }
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// Parses a DER Name. Throws `matter.certificate.name` and `matter.certificate.vendor-product-id`.
    public init(der: [UInt8]) throws {
        guard der.count <= Self.longestDER else {
            throw Refusal(MatterError.certificateName, "\(der.count) octets, limit \(Self.longestDER)")
        }
        var identifiers = AttributeIdentifiers()
        var commonNames: [String] = []
        var names = try DERReader(der, fault: .certificateName)
        while !names.isAtEnd {
            var attributes = try names.constructed(.set)
            repeat {
                var attribute = try attributes.constructed()
                let type = try attribute.primitive(.objectIdentifier)
                let value = try attribute.any()
                try attribute.end()
                if type == ObjectIdentifier.commonName[...] {
                    commonNames.append(try Self.text(value))
                } else {
                    try identifiers.take(type, value)
                }
            } while !attributes.isAtEnd
        }
        self.der = der
        self.commonName = commonNames.first
        self.usesAttributes = identifiers.arePresent
        if !identifiers.arePresent {
            for text in commonNames { try identifiers.search(commonName: text) }
        }
        self.vendorID = identifiers.vendor.map { VendorID($0) }
        self.productID = identifiers.product.map { ProductID($0) }
    }

    /// Builds the Name that we issue: common name, vendor id, product id, each a UTF8String, in this order.
    public init(commonName: String, vendorID: VendorID?, productID: ProductID?) throws {
        guard (1...Self.longestCommonName).contains(commonName.utf8.count), !commonName.contains("Mvid:"),
            !commonName.contains("Mpid:")
        else { throw Refusal(MatterError.certificateName, "a common name of 1 to 64 octets without Mvid: or Mpid:") }
        var attributes = [(ObjectIdentifier.commonName, commonName)]
        if let vendorID { attributes.append((ObjectIdentifier.matterVendorID, vendorID.description)) }
        if let productID { attributes.append((ObjectIdentifier.matterProductID, productID.description)) }
        self.der = NameEncoding.der(attributes)
        self.commonName = commonName
        self.vendorID = vendorID
        self.productID = productID
        self.usesAttributes = true
    }

    private static func text(_ node: DERNode) throws -> String {
        let content = try DERReader.primitive(node, fault: .certificateName)
        guard let text = String(validating: content, as: UTF8.self) else {
            throw Refusal(MatterError.certificateName, "a common name that is not UTF-8")
        }
        return text
    }
}

enum NameEncoding {
    /// A Name of single-valued RDNs, each a UTF8String.
    static func der(_ attributes: [([UInt8], String)]) -> [UInt8] {
        var coder = DER.Serializer()
        coder.sequence { coder in
            for (type, value) in attributes {
                coder.set { coder in
                    coder.sequence { coder in
                        coder.objectIdentifier(type)
                        coder.primitive(.utf8String, Array(value.utf8))
                    }
                }
            }
        }
        return coder.serializedBytes
    }
}

/// Collects the vendor and product id of one Name.
private struct AttributeIdentifiers {
    private(set) var vendor: UInt16?
    private(set) var product: UInt16?
    /// One attribute of either kind turns the search in the common name off for this Name.
    private(set) var arePresent = false

    mutating func take(_ type: ArraySlice<UInt8>, _ value: DERNode) throws {
        let isVendor = type == ObjectIdentifier.matterVendorID[...]
        guard isVendor || type == ObjectIdentifier.matterProductID[...] else { return }
        arePresent = true
        guard value.identifier == .utf8String || value.identifier == .printableString else {
            throw Refusal(MatterError.certificateVendorProduct, "neither UTF8String nor PrintableString")
        }
        let content = try DERReader.primitive(value, fault: .certificateVendorProduct)
        guard content.count == 4, let number = Self.number(content) else {
            throw Refusal(MatterError.certificateVendorProduct, "not four upper-case hexadecimal digits")
        }
        try set(number, isVendor: isVendor)
    }

    mutating func search(commonName: String) throws {
        let characters = Array(commonName.utf8)
        guard characters.count <= MatterName.longestCommonName else { return }
        if let number = try Self.find("Mvid:", in: characters) { try set(number, isVendor: true) }
        if let number = try Self.find("Mpid:", in: characters) { try set(number, isVendor: false) }
    }

    private mutating func set(_ number: UInt16, isVendor: Bool) throws {
        guard (isVendor ? vendor : product) == nil else {
            throw Refusal(MatterError.certificateVendorProduct, "the same id twice in one name")
        }
        if isVendor { vendor = number } else { product = number }
    }

    /// The first prefix that four valid digits follow. A prefix without any such match is an error, no prefix is not.
    private static func find(_ prefix: String, in characters: [UInt8]) throws -> UInt16? {
        let prefix = Array(prefix.utf8)
        var found = false
        for start in characters.indices where characters[start...].starts(with: prefix) {
            found = true
            let digits = characters[start...].dropFirst(prefix.count).prefix(4)
            if digits.count == 4, let number = number(digits) { return number }
        }
        guard !found else {
            throw Refusal(MatterError.certificateVendorProduct, "an id prefix in the common name without four digits")
        }
        return nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt16? {
        var number: UInt16 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "F"): number = number << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return number
    }
}
