internal import Crypto
internal import Foundation
public import Vocabulary

extension P256Point {
    /// Throws `matter.key.not-on-curve` unless the point is uncompressed and on P-256 (SEC 1 section 3.2.2).
    public func checkedOnCurve() throws -> P256Point {
        _ = try signingKey()
        return self
    }

    /// SHA-1 of the subjectPublicKey BIT STRING's content (RFC 5280 section 4.2.1.2, method 1), 20 octets.
    public var keyIdentifier: [UInt8] { Array(Insecure.SHA1.hash(data: bytes)) }

    /// True when `signature` is this key's ECDSA over SHA-256(`message`). False for a point that is not on the curve.
    func verifies(_ signature: RawSignature, over message: [UInt8]) -> Bool {
        VerifyingKey(self).verifies(signature, over: message)
    }

    fileprivate func signingKey() throws -> P256.Signing.PublicKey {
        guard bytes.first == 0x04, let key = try? P256.Signing.PublicKey(x963Representation: bytes) else {
            throw Refusal(MatterError.keyNotOnCurve)
        }
        return key
    }
}

/// A key that many signatures are verified with, read once.
public struct VerifyingKey: Sendable {
    public let point: P256Point
    private let key: P256.Signing.PublicKey?

    /// A point that is not on the curve verifies nothing.
    public init(_ point: P256Point) {
        self.point = point
        key = try? point.signingKey()
    }

    func verifies(_ signature: RawSignature, over message: [UInt8]) -> Bool {
        guard let key, let value = try? P256.Signing.ECDSASignature(rawRepresentation: signature.bytes) else {
            return false
        }
        return key.isValidSignature(value, for: message)
    }
}
