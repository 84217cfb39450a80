public import KeyCustody
import Vocabulary

/// A token behind any PKCS#11 module.
///
/// Two of them for one token in one process share its login; each has its own sessions and queue.
public final class PKCS11Token: LabToken {
    public let information: TokenDescription
    let configuration: PKCS11TokenConfiguration
    let pool: SessionPool
    private let lock: ExclusiveLock?

    /// Loads the module, finds the token, logs in and opens all sessions.
    ///
    /// Throws `key.module.unloadable`, `key.token.unknown`, `key.token.ambiguous`, `key.token.locked`, `key.pin.*`,
    /// `key.configuration.malformed`. `observer` is called from any thread and must not block.
    public static func open(
        _ configuration: PKCS11TokenConfiguration,
        observer: @escaping @Sendable (TokenHealth) -> Void = { _ in }
    ) async throws -> PKCS11Token {
        try configuration.validate()
        let lock = try configuration.exclusiveLockPath.map { try ExclusiveLock(path: $0) }
        let pin = try configuration.pinSource.read()
        let pool = SessionPool(
            sessions: configuration.sessions,
            queueLimit: configuration.queueLimit,
            deadline: configuration.callDeadline,
            observer: observer
        ) {
            // The slot is looked up each time: a token that was pulled out may come back in another.
            let module = try PKCS11Module.load(path: configuration.modulePath)
            let slot = try module.slot(label: configuration.label)
            return try Session(module: module, slot: slot.slot, as: .user, pin: pin)
        }
        do {
            try await pool.open()
            let slot = try await pool.run { try $0.module.slot(label: configuration.label) }
            let information = TokenDescription(
                label: slot.label,
                manufacturer: slot.manufacturer,
                model: slot.model,
                serial: slot.serial,
                assurance: configuration.assurance(manufacturer: slot.manufacturer)
            )
            return PKCS11Token(information: information, configuration: configuration, pool: pool, lock: lock)
        } catch {
            await pool.close()
            throw error
        }
    }

    private init(
        information: TokenDescription,
        configuration: PKCS11TokenConfiguration,
        pool: SessionPool,
        lock: ExclusiveLock?
    ) {
        self.information = information
        self.configuration = configuration
        self.pool = pool
        self.lock = lock
    }

    /// Closes all sessions and so logs out, unless another object has the same token open.
    public func close() async { await pool.close() }

    /// Throws `key.mechanism.missing`, naming the first that is absent, unless the token can do all that keys of these
    /// roles need.
    public func probe(for roles: Set<KeyRole>) async throws {
        try Self.requireMechanisms(of: roles, in: await pool.run { try $0.module.mechanisms(slot: $0.slot) })
    }

    static func requireMechanisms(of roles: Set<KeyRole>, in present: Set<UInt>) throws {
        for role in roles.sorted(by: { $0.rawValue < $1.rawValue }) {
            let missing = KeyPolicy.of(role).mechanisms.filter { !present.contains($0.number) }
            if let first = missing.map(\.rawValue).min() {
                throw Refusal(KeyCustodyError.mechanismMissing, "\(first) for \(role.rawValue)")
            }
        }
    }
}
