import KeyCustody
import PKCS11Token
import TestSupport
import Vocabulary

/// A fresh SoftHSM2 token, opened.
struct TestToken {
    let files: SoftHSMFixture.Token
    let token: PKCS11Token

    static func open(
        sessions: Int = 2,
        queueLimit: Int = 256,
        observer: @escaping @Sendable (TokenHealth) -> Void = { _ in }
    ) async throws -> TestToken {
        let files = try SoftHSMFixture.shared().takeToken()
        let token = try await PKCS11Token.open(
            files.configuration(sessions: sessions, queueLimit: queueLimit),
            observer: observer
        )
        return TestToken(files: files, token: token)
    }

    var officer: PKCS11TokenOfficer {
        PKCS11TokenOfficer(
            modulePath: SoftHSMFixture.modulePath,
            label: files.label,
            pinSource: .file(path: files.officerPINPath)
        )
    }
}

extension SoftHSMFixture.Token {
    func configuration(
        sessions: Int = 2,
        queueLimit: Int = 256,
        transportHash: TransportHash = .sha1,
        lock: String? = nil,
        callDeadline: Duration = .seconds(15)
    ) -> PKCS11TokenConfiguration {
        PKCS11TokenConfiguration(
            modulePath: SoftHSMFixture.modulePath,
            label: label,
            pinSource: .file(path: userPINPath),
            sessions: sessions,
            queueLimit: queueLimit,
            transportHash: transportHash,
            exclusiveLockPath: lock,
            callDeadline: callDeadline
        )
    }
}

/// The code of the refusal that `body` throws; nil when it throws none or something else.
func refusalCode(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? Refusal)?.code
    }
}
