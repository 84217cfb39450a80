public import Vocabulary

/// The facts of a chip that debug certificates may constrain.
public struct ADACTarget: Hashable, Sendable {
    /// SHA-256 of the debug root's raw key X ‖ Y, from the fuse.
    public let rootKeyHash: Digest256
    public let socClass: UInt32
    public let socID: ChipUID
    public let lifecycle: UInt16
    public let oemConstraint: UInt16

    public init(
        rootKeyHash: Digest256,
        socClass: UInt32,
        socID: ChipUID,
        lifecycle: UInt16,
        oemConstraint: UInt16 = 0
    ) {
        self.rootKeyHash = rootKeyHash
        self.socClass = socClass
        self.socID = socID
        self.lifecycle = lifecycle
        self.oemConstraint = oemConstraint
    }
}

/// The lifecycle values of PSA that chips report to ADAC.
public enum ADACLifecycle {
    public static let provisioning: UInt16 = 0x2000
    public static let secured: UInt16 = 0x3000
}

/// Certificates from root to leaf and the token that answers a challenge.
public struct ADACChain: Hashable, Sendable {
    public static let mostIntermediates = 2

    public let certificates: [ADACCertificate]
    public let token: ADACToken

    public init(certificates: [ADACCertificate], token: ADACToken) {
        self.certificates = certificates
        self.token = token
    }

    /// The permissions that a chip grants: every certificate's mask AND what the token asks for.
    ///
    /// Checks what DEN0101 says and what the reference code leaves to ports: role order (root, intermediates, one leaf),
    /// the fused root and its self-signature, each signature by the certificate before it, every constraint against the
    /// chip and against the rest of the chain, neutral usage, no unknown extension, and a leaf bound to this very chip.
    ///
    /// - Throws: `adac.*`.
    public func verify(for target: ADACTarget, challenge: ADACChallenge) throws -> ADACPermissions {
        let leaf = try Self.verify(certificates, for: target)
        guard token.extensions.isEmpty else { throw Refusal(SiliconError.adacExtension, "token") }
        guard token.isSigned(by: leaf.fields.key, over: challenge) else {
            throw Refusal(SiliconError.adacSignature, "token")
        }
        let granted = certificates.map(\.fields.permissions).reduce(token.requested, &)
        guard !granted.isEmpty else { throw Refusal(SiliconError.adacPermission, "nothing is left to grant") }
        return granted
    }

    /// The leaf, once everything but the token is verified.
    static func verify(_ certificates: [ADACCertificate], for target: ADACTarget) throws -> ADACCertificate {
        guard let root = certificates.first, let leaf = certificates.last else {
            throw Refusal(SiliconError.adacChainOrder, "empty")
        }
        try verifyOrder(certificates.map(\.fields.role))
        guard root.fields.keyHash == target.rootKeyHash else { throw Refusal(SiliconError.adacRootUnknown) }
        var issuer = root
        for (index, certificate) in certificates.enumerated() {
            guard certificate.isSigned(by: issuer.fields.key) else {
                throw Refusal(SiliconError.adacSignature, "certificate \(index)")
            }
            try verify(certificate.fields, for: target)
            issuer = certificate
        }
        guard leaf.fields.socID == target.socID else { throw Refusal(SiliconError.adacUnbound) }
        return leaf
    }

    private static func verifyOrder(_ roles: [ADACRole]) throws {
        let intermediates = roles.dropFirst().dropLast()
        guard roles.count >= 2, roles.first == .root, roles.last == .leaf,
            intermediates.count <= mostIntermediates, intermediates.allSatisfy({ $0 == .intermediate })
        else { throw Refusal(SiliconError.adacChainOrder, roles.map { "\($0)" }.joined(separator: ", ")) }
    }

    /// Every constraint is compared with the chip, so two certificates can't differ either.
    private static func verify(_ fields: ADACCertificateFields, for target: ADACTarget) throws {
        guard fields.extensions.isEmpty else { throw Refusal(SiliconError.adacExtension, "\(fields.role)") }
        func require(_ name: String, _ holds: Bool) throws {
            guard holds else { throw Refusal(SiliconError.adacConstraint, "\(name) of \(fields.role)") }
        }
        try require("usage", fields.usage == 0)
        try require("soc_class", fields.socClass == 0 || fields.socClass == target.socClass)
        try require("soc_id", fields.socID == nil || fields.socID == target.socID)
        try require("lifecycle", fields.lifecycle == 0 || fields.lifecycle == target.lifecycle)
        try require("oem_constraint", fields.oemConstraint == 0 || fields.oemConstraint == target.oemConstraint)
    }
}
