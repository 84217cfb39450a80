import Crypto
import KeyCustody
import LineProtocol
import Matter
import Statements
import Vocabulary

/// The secrets of one unit. Derived, never stored: HMAC-SHA256 by a key of the authorization that never leaves the
/// token, over the unit's id, so that a crash neither loses nor doubles them. What the token answers is expanded here
/// (HKDF, RFC 5869 section 2.3), one output for each secret.
struct UnitSecrets: Sendable {
    let passcode: Passcode
    let discriminator: Discriminator
    /// 32 octets.
    let salt: [UInt8]
    /// Input of the rotating device id, 16 octets.
    let rotatingID: [UInt8]
    /// 128 bits that hide the other secrets in the journal's commitment.
    let blind: Secret

    static func derive(
        for unit: Digest256,
        of authorization: Digest256,
        from token: any Token
    ) async throws -> UnitSecrets {
        let root = try await token.derive(
            BatchKeys.unitSecret(authorization),
            context: Array("obis-unit-v2".utf8) + [0] + unit.bytes
        )
        return try UnitSecrets(expanding: root.withBytes { SymmetricKey(data: $0) })
    }

    private init(expanding root: SymmetricKey) throws {
        func block(_ label: String, _ counter: UInt8 = 0) -> SymmetricKey {
            HKDF<SHA256>.expand(
                pseudoRandomKey: root,
                info: Array(label.utf8) + [0, counter],
                outputByteCount: SHA256.byteCount
            )
        }
        salt = block("salt").withUnsafeBytes { Array($0) }
        rotatingID = block("rotating-id").withUnsafeBytes { Array($0.prefix(16)) }
        blind = block("blind").withUnsafeBytes { Secret($0.prefix(16)) }
        discriminator = try block("discriminator").withUnsafeBytes { octets in
            try Discriminator(drawnFrom: { Array(octets.prefix($0)) })
        }
        passcode = try Self.drawPasscode { block("passcode", $0) }
    }

    /// Rejection sampling over blocks of 8 candidates; a block without any comes once in 50,000.
    private static func drawPasscode(_ block: (UInt8) -> SymmetricKey) throws -> Passcode {
        for counter in UInt8(0)..<32 {
            let passcode: Passcode? = block(counter).withUnsafeBytes { octets in
                for start in stride(from: 0, to: octets.count - 3, by: 4) {
                    let number = octets[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x07FF_FFFF
                    if let passcode = try? Passcode(number) { return passcode }
                }
                return nil
            }
            if let passcode { return passcode }
        }
        throw Refusal(ExecutionError.commitmentMismatch, "no passcode could be drawn")
    }

    func verifier(iterations: Int) throws -> SPAKE2PlusVerifier {
        try SPAKE2PlusVerifier(passcode: passcode, salt: salt, iterations: iterations)
    }

    /// See `UnitCommitment`. The SPAKE2+ verifier follows from it, and is not worked out before somebody asks for it.
    func commitment(of manifest: Manifest) throws -> Digest256 {
        guard let iterations = UInt32(exactly: manifest.commissioning.iterations) else {
            throw Refusal(ExecutionError.packageMismatch, "SPAKE2+ iterations")
        }
        return UnitCommitment.digest(
            blind: blind,
            passcode: passcode.reveal(),
            discriminator: discriminator.value,
            salt: salt,
            rotatingID: rotatingID,
            iterations: iterations
        )
    }

    func label(of serial: DeviceSerial, manifest: Manifest) throws -> LabelContent {
        guard let flow = CommissioningFlow(rawValue: manifest.commissioning.flow) else {
            throw Refusal(ExecutionError.packageMismatch, "commissioning flow")
        }
        let payload = try OnboardingPayload(
            vendorID: manifest.vendorID,
            productID: manifest.productID,
            flow: flow,
            discovery: DiscoveryCapabilities(rawValue: manifest.commissioning.discovery),
            discriminator: discriminator,
            passcode: passcode
        )
        return LabelContent(
            serial: serial,
            vendorID: manifest.vendorID,
            productID: manifest.productID,
            discriminator: discriminator.value,
            qr: payload.qrText,
            manualCode: ManualPairingCode(payload).text
        )
    }
}
