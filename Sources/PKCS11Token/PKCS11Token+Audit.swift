import CPKCS11
public import KeyCustody
import Vocabulary

// Reading a key's attributes back, to compare a token with the key policies.
extension PKCS11Token {
    /// What the token says of each attribute that the role's policy states, for each object of the key.
    ///
    /// An attribute that the token doesn't have for that object is left out. Equal to `KeyPolicy.of(role).objects` when the
    /// key is as it should be.
    public func attributes(of name: KeyName) async throws -> [KeyObject: [KeyAttribute: KeyAttributeValue]] {
        let label = try name.checkedLabel()
        let policy = KeyPolicy.of(name.role)
        return try await pool.run { session in
            var result: [KeyObject: [KeyAttribute: KeyAttributeValue]] = [:]
            for (object, stated) in policy.objects {
                let template = Session.named(label) + [Attribute(CKA_CLASS, .number(object.number))]
                let found = try session.find(template, limit: 2)
                guard let handle = found.first else { throw Refusal(KeyCustodyError.nameUnknown, label) }
                guard found.count == 1 else { throw Refusal(KeyCustodyError.nameAmbiguous, label) }
                for attribute in stated.keys {
                    result[object, default: [:]][attribute] = try session.value(handle, attribute)
                }
            }
            return result
        }
    }
}

extension Session {
    /// Nil when the object doesn't have the attribute, or has a value that no policy knows.
    func value(_ object: ObjectHandle, _ attribute: KeyAttribute) throws -> KeyAttributeValue? {
        let bytes: [UInt8]
        do {
            bytes = try self.attribute(object, attribute.number, largest: 1024)
        } catch let failure as PKCS11Failure where failure.code == UInt(CKR_ATTRIBUTE_TYPE_INVALID) {
            return nil
        }
        switch attribute {
        case .curve: return bytes == KeyAttributeValue.p256Parameters ? .p256 : nil
        case .keyType: return KeyType.allCases.first { $0.number == number(bytes) }.map { .type($0) }
        case .modulusBits, .valueOctets: return number(bytes).map { .size(Int(truncatingIfNeeded: $0)) }
        default: return bytes.count == 1 ? .flag(bytes != [0]) : nil
        }
    }

    /// A CK_ULONG in the byte order of this machine.
    private func number(_ bytes: [UInt8]) -> UInt? {
        guard bytes.count == MemoryLayout<CK_ULONG>.size else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe UInt($0.loadUnaligned(as: CK_ULONG.self)) }
    }
}
