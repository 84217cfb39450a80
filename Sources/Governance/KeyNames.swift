public import KeyCustody
public import Statements
public import Vocabulary

// Which key has which name in a token. Programs that use these keys ask here, so that no two spell them differently.
extension KeyName {
    /// A key that a ceremony can renew: generation 1 has no instance, a later one has its number.
    public static func generation(_ role: KeyRole, _ number: Int) -> KeyName {
        KeyName(role, number == 1 ? nil : String(number))
    }

    public static func paa(_ vendor: VendorID) -> KeyName { KeyName(.paa, vendor.description) }

    public static func officer(_ name: OfficerName) -> KeyName { KeyName(.officerApproval, name.text) }

    /// A product key in the portal token: one for each product, version and slot.
    public static func product(
        _ product: ProductName,
        version: String,
        slot: KeySlot,
        kind: Manifest.Key.Kind
    )
        -> KeyName
    {
        KeyName(kind == .fleet ? .productFleetKey : .productMasterKey, "\(product)/\(version)/\(slot)")
    }

    /// An EdgeHSM's transport public key in the portal token. The name carries the key's digest, since a token gives a
    /// trusted public key back to nobody: another key of the same EdgeHSM has another name.
    public static func transport(of enrolment: EdgeHSMEnrolment) -> KeyName {
        let digest = Digest256.of(enrolment.transport.bytes).hex.prefix(32)
        return KeyName(.trustedTransport, "\(enrolment.edgeHSM)/\(digest)")
    }
}

extension Token {
    /// The signing key of `role` that is `wanted`, whatever its generation. Throws `authorize.token.wrong-key`.
    public func signingKey(_ role: KeyRole, equal wanted: P256Point) async throws -> any SigningKey {
        for generation in 1...64 {
            let name = KeyName.generation(role, generation)
            guard try await has(name) else { break }
            let key = try await signingKey(name)
            if key.publicKey == wanted { return key }
        }
        throw Refusal(GovernanceError.tokenNotAuthorizer, "\(role.rawValue) \(wanted.keyID.hex.prefix(16))")
    }

    /// The same for a key that agrees; nil where the token has none such.
    public func agreementKey(_ role: KeyRole, equal wanted: P256Point) async throws -> (any AgreementKey)? {
        for generation in 1...64 {
            let name = KeyName.generation(role, generation)
            guard try await has(name) else { break }
            let key = try await agreementKey(name)
            if key.publicKey == wanted { return key }
        }
        return nil
    }
}

extension Envelope {
    /// The envelope with one more signature, verified before it is added: a token that signs wrongly is found here.
    public func signed(by key: any SigningKey) async throws -> Envelope {
        let signature = try await key.sign(signedBytes)
        let result = adding(Signature(keyID: key.publicKey.keyID, value: signature))
        guard result.isSigned(by: key.publicKey) else {
            throw Refusal(StatementError.badSignature, "by the token's own key")
        }
        return result
    }
}
