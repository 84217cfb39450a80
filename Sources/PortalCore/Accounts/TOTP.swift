import Crypto
import PortalProtocol
public import Vocabulary

/// One-time codes by time (RFC 6238): HMAC-SHA-1, steps of 30 seconds, six digits: what every authenticator shows.
public enum TOTP {
    /// Seconds.
    public static let step: Int64 = 30
    /// Octets of a new secret (RFC 4226 section 4, R6).
    public static let secretSize = 20
    /// Steps before and after the present one that count, for clocks that differ.
    public static let tolerance: Int64 = 1

    /// The step in which `time` lies; nil before 1970.
    public static func step(at time: Instant) -> Int64? { time.seconds >= 0 ? time.seconds / step : nil }

    /// - Parameter digits: 6 to 8.
    public static func code(_ secret: Secret, step: Int64, digits: Int = 6) -> String {
        let counter = withUnsafeBytes(of: UInt64(bitPattern: step).bigEndian) { Array($0) }
        let mac = secret.withBytes { bytes in
            Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: bytes)))
        }
        // RFC 4226 section 5.3: the low four bits of the last octet say where the 31 bits start.
        let start = Int(mac[19] & 15)
        let number = mac[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let modulus = (0..<min(max(digits, 6), 8)).reduce(UInt32(1)) { product, _ in product * 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The step to which a code belongs: at most one away from the present one and later than every step that was
    /// accepted before, so that no code counts twice. Nil where there is none. Compares all steps, in constant time.
    public static func match(_ code: String, _ secret: Secret, at time: Instant, after last: Int64) -> Int64? {
        guard let now = step(at: time) else { return nil }
        var found: Int64?
        for candidate in (now - tolerance)...(now + tolerance) where candidate >= 0 {
            let isEqual = constantTimeEqual(Array(Self.code(secret, step: candidate).utf8), Array(code.utf8))
            if isEqual, candidate > last, found == nil { found = candidate }
        }
        return found
    }

    /// The key URI that authenticators take from a QR code. Nothing of it needs escaping but what this escapes.
    ///
    /// - Parameters:
    ///   - issuer: name of the portal's OEM.
    ///   - account: the address to sign in with.
    public static func uri(_ secret: Secret, issuer: String, account: String) -> String {
        let (issuer, account) = (escape(issuer), escape(account))
        let text = secret.withBytes { Base32.encode($0) }
        return "otpauth://totp/\(issuer):\(account)?secret=\(text)&issuer=\(issuer)&algorithm=SHA1&digits=6&period=30"
    }

    /// RFC 3986 section 2.3: all but unreserved characters.
    private static func escape(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            escaped += isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }
    }
}
