import CPKCS11
public import KeyCustody
import Vocabulary

/// The security officer (SO) of one token.
///
/// PKCS#11 keeps one login for each token and process: an SO session excludes user sessions and the other way round. So
/// this logs in for one call and out again, and works only while this process has no user session of that token; it
/// belongs into a ceremony's process, never into the portal's.
public struct PKCS11TokenOfficer: TokenOfficer {
    private let modulePath: String
    private let label: String
    private let pinSource: PINSource

    public init(modulePath: String, label: String, pinSource: PINSource) {
        self.modulePath = modulePath
        self.label = label
        self.pinSource = pinSource
    }

    public func registerTrusted(_ transport: KeyName, publicKey: [UInt8]) async throws {
        let policy = KeyPolicy.of(transport.role)
        guard policy.use == .wrapTransport else {
            throw Refusal(KeyCustodyError.roleUnsuitable, transport.role.rawValue)
        }
        let keyLabel = try transport.checkedLabel()
        let key = try TransportPublicKey(encoded: publicKey)
        try await asOfficer { session in
            guard try session.find(Session.named(keyLabel) + Self.trustedPublic, limit: 1).isEmpty else {
                throw Refusal(KeyCustodyError.nameTaken, keyLabel)
            }
            let template = Session.template(policy, .publicKey, keyLabel)
                .filter { $0.type != UInt(CKA_MODULUS_BITS) }
            _ = try session.create(
                template + [
                    Attribute(CKA_MODULUS, .bytes(key.modulus)), Attribute(CKA_PUBLIC_EXPONENT, .bytes([1, 0, 1])),
                ]
            )
        }
    }

    public func removeTrusted(_ transport: KeyName) async throws {
        let keyLabel = try transport.checkedLabel()
        try await asOfficer { session in
            let found = try session.find(Session.named(keyLabel) + Self.trustedPublic, limit: 64)
            guard !found.isEmpty else { throw Refusal(KeyCustodyError.nameUnknown, keyLabel) }
            for object in found { try session.destroy(object) }
        }
    }

    private static var trustedPublic: [Attribute] {
        [Attribute(CKA_CLASS, .number(UInt(CKO_PUBLIC_KEY))), Attribute(CKA_TRUSTED, .flag(true))]
    }

    private func asOfficer(_ body: @escaping @Sendable (Session) throws -> Void) async throws {
        let pin = try pinSource.read()
        try await BlockingThread.run { [modulePath, label] in
            let module = try PKCS11Module.load(path: modulePath)
            let session = try Session(module: module, slot: module.slot(label: label).slot, as: .officer, pin: pin)
            defer { session.logout() }
            try body(session)
        }
    }
}

/// Runs one blocking piece of work on a thread of its own.
actor BlockingThread {
    private nonisolated let thread = SessionThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await BlockingThread().perform(body)
        } catch let failure as PKCS11Failure {
            throw failure.refusal
        }
    }

    private func perform<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result { try body() }
}
