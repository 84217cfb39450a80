public import Vocabulary

/// How an EdgeHSM answers a debug challenge: from its intermediate, a leaf for one chip, then the token.
///
/// Every octet that gets signed is assembled here from parsed fields; nothing signs what a caller sends. The leaf carries
/// the key that signs the token: the intermediate's own, so that no key ever leaves the token, or a one-time key.
public struct ADACAuthentication: Sendable {
    public let root: ADACCertificate
    public let intermediate: ADACCertificate

    /// - Throws: `adac.chain.order` for other roles, `adac.signature.invalid`, `adac.constraint.mismatch` where the
    ///   intermediate names no product (soc_class 0), asks for a chip, or conflicts with the root.
    public init(root: ADACCertificate, intermediate: ADACCertificate) throws {
        guard root.fields.role == .root, intermediate.fields.role == .intermediate else {
            throw Refusal(SiliconError.adacChainOrder)
        }
        guard root.isSigned(by: root.fields.key), intermediate.isSigned(by: root.fields.key) else {
            throw Refusal(SiliconError.adacSignature)
        }
        let (upper, lower) = (root.fields, intermediate.fields)
        guard upper.extensions.isEmpty, lower.extensions.isEmpty else { throw Refusal(SiliconError.adacExtension) }
        guard lower.socClass != 0, lower.socID == nil, upper.socID == nil,
            upper.socClass == 0 || upper.socClass == lower.socClass
        else { throw Refusal(SiliconError.adacConstraint, "intermediate") }
        self.root = root
        self.intermediate = intermediate
    }

    /// The most that answers from this intermediate can grant.
    public var largestMask: ADACPermissions { root.fields.permissions & intermediate.fields.permissions }

    /// A chain bound to `chip` with exactly `approved` permissions, over a parsed challenge.
    ///
    /// - Parameters:
    ///   - leafKey: the public key whose private half `signToken` uses.
    ///   - signLeaf: ECDSA P-256 with SHA-256 by the intermediate's key.
    ///   - signToken: the same by the leaf's key.
    /// - Throws: `adac.permission.exceeded` where `approved` is empty or beyond `largestMask`; `adac.*` where a closure
    ///   signed with another key: the chain is verified as the chip will before it is returned.
    public func answer(
        _ challenge: ADACChallenge,
        of chip: ChipUID,
        approved: ADACPermissions,
        leafKey: P256Point,
        signLeaf: ([UInt8]) async throws -> RawSignature,
        signToken: ([UInt8]) async throws -> RawSignature
    ) async throws -> ADACChain {
        guard !approved.isEmpty, largestMask.contains(approved) else {
            throw Refusal(SiliconError.adacPermission, "\(approved)")
        }
        guard chip.bytes.contains(where: { $0 != 0 }) else { throw Refusal(SiliconError.adacUnbound, "zero UID") }
        let fields = ADACCertificateFields(
            role: .leaf,
            key: leafKey,
            permissions: approved,
            socClass: intermediate.fields.socClass,
            socID: chip
        )
        let leaf = ADACCertificate(fields: fields, signature: try await signLeaf(fields.toBeSigned))
        let signature = try await signToken(ADACToken.toBeSigned(requested: approved, challenge: challenge))
        let chain = ADACChain(
            certificates: [root, intermediate, leaf],
            token: ADACToken(requested: approved, signature: signature)
        )
        let constraint = max(root.fields.oemConstraint, intermediate.fields.oemConstraint)
        let target = ADACTarget(
            rootKeyHash: root.fields.keyHash,
            socClass: intermediate.fields.socClass,
            socID: chip,
            lifecycle: max(root.fields.lifecycle, intermediate.fields.lifecycle),
            oemConstraint: constraint
        )
        guard try chain.verify(for: target, challenge: challenge) == approved else {
            throw Refusal(SiliconError.adacPermission, "\(approved)")
        }
        return chain
    }
}

extension ADACChain {
    /// The packets that a station sends to the chip, in order: each certificate, then the token.
    public var packets: [[UInt8]] {
        let records = certificates.map { ADACRecord(.certificate, $0.encoded) } + [ADACRecord(.token, token.encoded)]
        return records.map { ADACRequest(.authResponse, data: $0.encoded).encoded }
    }
}

extension ADACChain: Codable {
    private enum CodingKeys: String, CodingKey { case certificates, token }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let encoded = try container.decode([String].self, forKey: .certificates)
        guard encoded.count <= Self.mostIntermediates + 2 else { throw Refusal(SiliconError.adacChainOrder) }
        certificates = try encoded.map { try ADACCertificate(parsing: Hex.decode($0)) }
        token = try ADACToken(parsing: Hex.decode(container.decode(String.self, forKey: .token)))
    }

    /// Hexadecimal of each part.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(certificates.map { Hex.encode($0.encoded) }, forKey: .certificates)
        try container.encode(Hex.encode(token.encoded), forKey: .token)
    }
}
