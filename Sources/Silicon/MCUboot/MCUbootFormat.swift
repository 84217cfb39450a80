import Vocabulary

/// Magic numbers and the header of an MCUboot image.
enum MCUbootFormat {
    static let magic: UInt32 = 0x96f3_b83d
    static let tlvMagic: UInt16 = 0x6907
    static let protectedMagic: UInt16 = 0x6908
    static let smallestHeader: UInt16 = 32

    static func malformed(_ detail: String) -> Refusal { Refusal(SiliconError.firmwareMalformed, detail) }
}

struct MCUbootHeader {
    let loadAddress: UInt32
    let headerSize: UInt16
    let protectedSize: UInt16
    let imageSize: UInt32
    let flags: UInt32
    let version: MCUbootVersion

    private static let encryptionFlags: [(UInt32, String)] = [(0x04, "AES-128"), (0x08, "AES-256")]
    /// RAM_LOAD and ROM_FIXED say where the image runs; nothing else is understood.
    private static let allowedFlags: UInt32 = 0x20 | 0x100

    init(
        loadAddress: UInt32,
        headerSize: UInt16,
        protectedSize: UInt16,
        imageSize: UInt32,
        flags: UInt32,
        version: MCUbootVersion
    ) {
        self.loadAddress = loadAddress
        self.headerSize = headerSize
        self.protectedSize = protectedSize
        self.imageSize = imageSize
        self.flags = flags
        self.version = version
    }

    init(_ file: [UInt8]) throws {
        var reader = ByteReader(file.prefix(32), else: MCUbootFormat.malformed("header"))
        guard try reader.u32() == MCUbootFormat.magic else { throw MCUbootFormat.malformed("magic number") }
        loadAddress = try reader.u32()
        headerSize = try reader.u16()
        protectedSize = try reader.u16()
        imageSize = try reader.u32()
        flags = try reader.u32()
        version = try MCUbootVersion(
            major: reader.u8(),
            minor: reader.u8(),
            revision: reader.u16(),
            build: reader.u32()
        )
        let padding = try reader.u32()
        guard padding == 0 else { throw MCUbootFormat.malformed("header padding") }
        guard headerSize >= MCUbootFormat.smallestHeader else { throw MCUbootFormat.malformed("header size") }
        for (flag, name) in Self.encryptionFlags where flags & flag != 0 {
            throw Refusal(SiliconError.firmwareEncrypted, name)
        }
        guard flags & ~Self.allowedFlags == 0 else {
            throw MCUbootFormat.malformed("flags \(Hex.encode(flags.littleEndianBytes.reversed()))")
        }
    }

    var encoded: [UInt8] {
        let fixed: [[UInt8]] = [
            MCUbootFormat.magic.littleEndianBytes, loadAddress.littleEndianBytes, headerSize.littleEndianBytes,
            protectedSize.littleEndianBytes, imageSize.littleEndianBytes, flags.littleEndianBytes,
            [version.major, version.minor], version.revision.littleEndianBytes, version.build.littleEndianBytes,
            [0, 0, 0, 0],
        ]
        let bytes = Array(fixed.joined())
        return bytes + [UInt8](repeating: 0, count: Int(headerSize) - bytes.count)
    }
}
