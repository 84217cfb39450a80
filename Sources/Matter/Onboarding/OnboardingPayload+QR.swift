internal import Vocabulary

extension OnboardingPayload {
    /// Most characters of a QR code's text.
    public static let longestText = 1024

    /// The QR code's text: `MT:` and base 38 of 88 bits and the optional data.
    public var qrText: String { Self.qrText(of: [self]) }

    /// One code for several devices: their texts after one prefix, joined with `*`.
    public static func qrText(of payloads: [OnboardingPayload]) -> String {
        "MT:" + payloads.map(\.base38).joined(separator: "*")
    }

    private var base38: String {
        var packer = BitPacker()
        packer.append(0, bits: 3)  // version
        packer.append(UInt32(vendorID.value), bits: 16)
        packer.append(UInt32(productID.value), bits: 16)
        packer.append(UInt32(flow.rawValue), bits: 2)
        packer.append(UInt32(discovery.rawValue), bits: 8)
        packer.append(UInt32(discriminator.value), bits: 12)
        packer.append(passcode.reveal(), bits: 27)
        packer.append(0, bits: 4)
        let tail = extra.isEmpty ? [] : TLVElement(.anonymous, .structure(extra)).encoded
        return Base38.encode(packer.octets + tail)
    }

    /// Reads a code that describes exactly one device. Throws `matter.onboarding.*`.
    public init(qrText text: String) throws {
        let payloads = try Self.all(inQRText: text)
        guard payloads.count == 1, let payload = payloads.first else {
            throw Refusal(MatterError.onboardingLength, "\(payloads.count) payloads where one is expected")
        }
        self = payload
    }

    /// Reads one or more payloads, joined with `*`. The text may be embedded in a longer one, delimited by `%`.
    public static func all(inQRText text: String) throws -> [OnboardingPayload] {
        let characters = Array(text.utf8)
        guard characters.count <= longestText else {
            throw Refusal(MatterError.onboardingLength, "\(characters.count) characters")
        }
        let segments = characters.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: true)
        guard let segment = segments.first(where: { $0.starts(with: prefix) }) else {
            throw Refusal(MatterError.onboardingPrefix)
        }
        let parts = segment.dropFirst(prefix.count).split(
            separator: UInt8(ascii: "*"),
            omittingEmptySubsequences: false
        )
        return try parts.map { try OnboardingPayload(packed: Base38.decode($0)) }
    }

    private static let prefix = Array("MT:".utf8)

    private init(packed octets: [UInt8]) throws {
        guard octets.count >= 11 else { throw Refusal(MatterError.onboardingLength, "\(octets.count) octets") }
        var reader = BitReader(octets: Array(octets.prefix(11)))
        guard reader.next(3) == 0 else { throw Refusal(MatterError.onboardingVersion) }
        let (vendor, product) = (UInt16(reader.next(16)), UInt16(reader.next(16)))
        guard let flow = CommissioningFlow(rawValue: UInt8(reader.next(2))) else {
            throw Refusal(MatterError.onboardingField, "commissioning flow 3")
        }
        let discovery = DiscoveryCapabilities(rawValue: UInt8(reader.next(8)))
        let discriminator = try Discriminator(UInt16(reader.next(12)))
        let passcode = try Passcode(reader.next(27))
        guard reader.next(4) == 0 else { throw Refusal(MatterError.onboardingField, "padding") }
        try self.init(
            vendorID: VendorID(vendor),
            productID: ProductID(product),
            flow: flow,
            discovery: discovery,
            discriminator: discriminator,
            passcode: passcode,
            extra: Self.extra(Array(octets.dropFirst(11)))
        )
    }

    private static func extra(_ octets: [UInt8]) throws -> [TLVElement] {
        guard !octets.isEmpty else { return [] }
        let root = try TLVElement(decoding: octets, limit: longestText)
        guard root.tag == .anonymous, case .structure(let members) = root.value else {
            throw Refusal(MatterError.onboardingField, "optional data is not an anonymous structure")
        }
        return members
    }
}

/// Packs numbers from the least significant bit of the first octet on.
private struct BitPacker {
    var octets = [UInt8](repeating: 0, count: 11)
    var position = 0

    mutating func append(_ value: UInt32, bits: Int) {
        for bit in 0..<bits where position < 88 {
            if value >> UInt32(bit) & 1 == 1 { octets[position / 8] |= 1 << UInt8(position % 8) }
            position += 1
        }
    }
}

private struct BitReader {
    let octets: [UInt8]
    var position = 0

    init(octets: [UInt8]) { self.octets = octets }

    mutating func next(_ bits: Int) -> UInt32 {
        var value: UInt32 = 0
        for bit in 0..<bits where position < octets.count * 8 {
            value |= UInt32(octets[position / 8] >> UInt8(position % 8) & 1) << UInt32(bit)
            position += 1
        }
        return value
    }
}
