import Silicon
import Vocabulary

/// A product's debug root, the EdgeHSM's intermediate, and one chip.
struct ADACFixture: Sendable {
    let rootKey = TokenStandIn()
    let intermediateKey = TokenStandIn()
    let leafKey = TokenStandIn()
    let root: ADACCertificate
    let intermediate: ADACCertificate
    let uid = ChipUID(validated: Array(1...16))
    let challenge = ADACChallenge(vector: Nonce(validated: (0..<32).map { UInt8($0) }))
    static let socClass: UInt32 = 0x0b15
    static let mask = ADACPermissions.rework | .wipe

    init() throws {
        root = try Self.certificate(.root, rootKey, by: rootKey, permissions: .all)
        intermediate = try Self.certificate(
            .intermediate,
            intermediateKey,
            by: rootKey,
            permissions: Self.mask,
            socClass: Self.socClass
        )
    }

    static func certificate(
        _ role: ADACRole,
        _ key: TokenStandIn,
        by issuer: TokenStandIn,
        permissions: ADACPermissions,
        socClass: UInt32 = 0,
        socID: ChipUID? = nil,
        lifecycle: UInt16 = 0,
        oemConstraint: UInt16 = 0
    ) throws -> ADACCertificate {
        let fields = ADACCertificateFields(
            role: role,
            key: key.point,
            permissions: permissions,
            socClass: socClass,
            socID: socID,
            lifecycle: lifecycle,
            oemConstraint: oemConstraint
        )
        return try ADACCertificate(fields: fields, signature: issuer.sign(fields.toBeSigned))
    }

    var target: ADACTarget {
        ADACTarget(
            rootKeyHash: root.fields.keyHash,
            socClass: Self.socClass,
            socID: uid,
            lifecycle: ADACLifecycle.secured
        )
    }

    func leaf(
        socClass: UInt32 = socClass,
        socID: ChipUID?? = nil,
        permissions: ADACPermissions = .rework,
        lifecycle: UInt16 = 0,
        oemConstraint: UInt16 = 0,
        by issuer: TokenStandIn? = nil,
        role: ADACRole = .leaf
    ) throws -> ADACCertificate {
        try Self.certificate(
            role,
            leafKey,
            by: issuer ?? intermediateKey,
            permissions: permissions,
            socClass: socClass,
            socID: socID ?? uid,
            lifecycle: lifecycle,
            oemConstraint: oemConstraint
        )
    }

    func token(
        _ requested: ADACPermissions = .rework,
        over challenge: ADACChallenge? = nil,
        by key: TokenStandIn? = nil
    ) throws -> ADACToken {
        let message = ADACToken.toBeSigned(requested: requested, challenge: challenge ?? self.challenge)
        return try ADACToken(requested: requested, signature: (key ?? leafKey).sign(message))
    }

    func chain(_ leaf: ADACCertificate, _ token: ADACToken) -> ADACChain {
        ADACChain(certificates: [root, intermediate, leaf], token: token)
    }
}
