public import Vocabulary

/// What the OEM gets of a unit's label, sealed to it (`docs/formats/label-record.md`). The blind opens the journal's
/// commitment.
///
/// Codes and blind are secrets: it prints redacted in every way that Swift prints a value.
public struct UnitLabelRecord: Codable, Sendable {
    /// HPKE `info` of the seal.
    public static let sealInfo = Array("obis label record v1".utf8)
    /// Octets of the plaintext, at most.
    public static let largest = 4_096

    public let authorization: Digest256
    public let unit: Digest256
    public let chipUID: ChipUID
    public let serial: DeviceSerial
    /// Matter onboarding payload: `MT:` and base-38 characters.
    public let qr: String
    /// 11 or 21 digits.
    public let manualCode: String
    /// 32 octets in hexadecimal; with the rotating id, what the commitment covers beside the code's own content.
    public let salt: String
    /// 16 octets in hexadecimal.
    public let rotatingID: String
    /// 16 octets in hexadecimal.
    public let blind: String

    public init(
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        serial: DeviceSerial,
        qr: String,
        manualCode: String,
        salt: [UInt8],
        rotatingID: [UInt8],
        blind: Secret
    ) {
        (self.authorization, self.unit, self.chipUID, self.serial) = (authorization, unit, chipUID, serial)
        (self.qr, self.manualCode) = (qr, manualCode)
        (self.salt, self.rotatingID) = (Hex.encode(salt), Hex.encode(rotatingID))
        self.blind = blind.withBytes { Hex.encode($0) }
    }

    /// From the opened plaintext. Throws a `StatementError`.
    public init(parsing plaintext: Secret) throws {
        var octets = plaintext.withBytes { Array($0) }
        defer { for index in octets.indices { octets[index] = 0 } }
        self = try StatementCoding.decode(Self.self, checking: octets, limit: Self.largest)
    }

    /// What the journal's commitment must be, where the code says this passcode and discriminator.
    ///
    /// - Parameter iterations: of SPAKE2+, from the manifest.
    /// Throws `statement.content.inconsistent` where salt, rotating id or blind is none.
    public func commitment(passcode: UInt32, discriminator: UInt16, iterations: UInt32) throws -> Digest256 {
        guard let salt = try? Hex.decode(salt), let rotatingID = try? Hex.decode(rotatingID),
            let blind = try? Hex.decode(blind), salt.count == 32, rotatingID.count == 16, blind.count == 16
        else { throw Refusal(StatementError.inconsistent, "salt, rotating id or blind") }
        return UnitCommitment.digest(
            blind: Secret(blind),
            passcode: passcode,
            discriminator: discriminator,
            salt: salt,
            rotatingID: rotatingID,
            iterations: iterations
        )
    }
}

extension UnitLabelRecord: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "label record of \(serial): <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What the journal says of a unit's secrets, without telling any: the one place that writes the formula.
public enum UnitCommitment {
    /// SHA-256(blind ‖ passcode u32 LE ‖ discriminator u16 LE ‖ salt ‖ rotating id ‖ SPAKE2+ iterations u32 LE). The
    /// SPAKE2+ verifier follows from these.
    ///
    /// - Parameters:
    ///   - blind: 16 octets.
    ///   - salt: 32 octets.
    ///   - rotatingID: 16 octets.
    public static func digest(
        blind: Secret,
        passcode: UInt32,
        discriminator: UInt16,
        salt: [UInt8],
        rotatingID: [UInt8],
        iterations: UInt32
    ) -> Digest256 {
        var octets: [UInt8] = []
        // No growth leaves a copy of the blind behind.
        octets.reserveCapacity(blind.count + salt.count + rotatingID.count + 10)
        defer { for index in octets.indices { octets[index] = 0 } }
        blind.withBytes { octets.append(contentsOf: $0) }
        func add(_ number: UInt32, _ count: Int) {
            for index in 0..<count { octets.append(UInt8(truncatingIfNeeded: number >> UInt32(index * 8))) }
        }
        add(passcode, 4)
        add(UInt32(discriminator), 2)
        octets += salt + rotatingID
        add(iterations, 4)
        return Digest256.of(octets)
    }
}
