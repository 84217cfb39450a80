extension TLVElement {
    /// The element in TLV; integers and lengths in the fewest octets.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        switch value {
        case .signed(let number):
            let width = Self.width(number)
            start(width, &bytes)
            Self.append(UInt64(bitPattern: number), octets: 1 << Int(width), to: &bytes)
        case .unsigned(let number):
            let width = Self.width(number)
            start(0x04 + width, &bytes)
            Self.append(number, octets: 1 << Int(width), to: &bytes)
        case .boolean(let flag): start(flag ? 0x09 : 0x08, &bytes)
        case .float(let bits, let octets):
            start(octets == 4 ? 0x0A : 0x0B, &bytes)
            Self.append(bits, octets: octets == 4 ? 4 : 8, to: &bytes)
        case .utf8(let text): string(0x0C, Array(text.utf8), &bytes)
        case .octets(let octets): string(0x10, octets, &bytes)
        case .null: start(0x14, &bytes)
        case .structure(let members): container(0x15, members, &bytes)
        case .array(let members): container(0x16, members, &bytes)
        case .list(let members): container(0x17, members, &bytes)
        }
    }

    private func start(_ type: UInt8, _ bytes: inout [UInt8]) {
        switch tag {
        case .anonymous: bytes.append(type)
        case .context(let number): bytes += [0x20 | type, number]
        case .profile(0, 0, let number):
            let isShort = number <= 0xFFFF
            bytes.append((isShort ? 0x40 : 0x60) | type)
            Self.append(UInt64(number), octets: isShort ? 2 : 4, to: &bytes)
        case .profile(let vendor, let profile, let number):
            let isShort = number <= 0xFFFF
            bytes.append((isShort ? 0xC0 : 0xE0) | type)
            Self.append(UInt64(vendor), octets: 2, to: &bytes)
            Self.append(UInt64(profile), octets: 2, to: &bytes)
            Self.append(UInt64(number), octets: isShort ? 2 : 4, to: &bytes)
        }
    }

    private func string(_ type: UInt8, _ content: [UInt8], _ bytes: inout [UInt8]) {
        let width = Self.width(UInt64(content.count))
        start(type + width, &bytes)
        Self.append(UInt64(content.count), octets: 1 << Int(width), to: &bytes)
        bytes += content
    }

    private func container(_ type: UInt8, _ members: [TLVElement], _ bytes: inout [UInt8]) {
        start(type, &bytes)
        for member in members { member.append(to: &bytes) }
        bytes.append(0x18)
    }

    /// 0 to 3 for 1, 2, 4 or 8 octets.
    private static func width(_ number: UInt64) -> UInt8 {
        number <= 0xFF ? 0 : number <= 0xFFFF ? 1 : number <= 0xFFFF_FFFF ? 2 : 3
    }

    private static func width(_ number: Int64) -> UInt8 {
        Int8(exactly: number) != nil ? 0 : Int16(exactly: number) != nil ? 1 : Int32(exactly: number) != nil ? 2 : 3
    }

    private static func append(_ number: UInt64, octets: Int, to bytes: inout [UInt8]) {
        for index in 0..<octets { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(index * 8))) }
    }
}
