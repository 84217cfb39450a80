import KeyCustody
import PKCS11Token
import TestSupport
import Vocabulary

/// A portal token that trusts the transport key of an EdgeHSM token.
struct TransportPair {
    let portal: PKCS11Token
    let portalFiles: SoftHSMFixture.Token
    let edge: PKCS11Token
    let trusted = KeyName(.trustedTransport, "edge-1")
    let transport = KeyName(.edgeTransport)

    private static let making = Task { try await make() }

    /// One pair for all tests; each names its keys its own way.
    static func shared() async throws -> TransportPair { try await making.value }

    private static func make() async throws -> TransportPair {
        let edge = try await TestToken.open()
        try await edge.token.generate(KeyName(.edgeTransport))
        let publicKey = try await edge.token.transportPublicKey(KeyName(.edgeTransport))
        let files = try SoftHSMFixture.shared().takeToken()
        let officer = PKCS11TokenOfficer(
            modulePath: SoftHSMFixture.modulePath,
            label: files.label,
            pinSource: .file(path: files.officerPINPath)
        )
        try await officer.registerTrusted(KeyName(.trustedTransport, "edge-1"), publicKey: publicKey)
        let portal = try await PKCS11Token.open(files.configuration())
        return TransportPair(portal: portal, portalFiles: files, edge: edge.token)
    }
}

/// One token for tests that only add keys under names of their own.
enum SharedToken {
    private static let opening = Task { try await TestToken.open(sessions: 4) }

    static func portal() async throws -> PKCS11Token { try await opening.value.token }
    static func files() async throws -> SoftHSMFixture.Token { try await opening.value.files }
}
