internal import ArgumentParser
internal import EdgeHSMDaemon
internal import KeyCustody
internal import Logging
internal import PKCS11Token
internal import ServiceSupport
internal import Vocabulary

/// The option that every command has, and what it leads to.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file of this appliance.")
    var path = "/etc/edgehsm/edgehsm.json"

    func load() throws -> EdgeConfiguration {
        let configuration = try ConfigurationFile.load(EdgeConfiguration.self, path: path)
        try configuration.validate()
        return configuration
    }

    /// Makes a new, empty token with both PINs from their files. Throws `edge.setting.invalid` where the configuration
    /// names no officer's PIN, `key.name.taken` where the token is there.
    func initializeToken() async throws {
        let settings = try load().token
        guard let officer = settings.officerPINFile else {
            throw Refusal(EdgeDaemonError.invalidSetting, "token.officerPINFile: needed to initialise a token")
        }
        try await PKCS11TokenInitializer(modulePath: settings.module).initialize(
            label: settings.label,
            officerPIN: .file(path: officer),
            userPIN: settings.userPIN
        )
    }

    /// Works with the token under its exclusive lock, so that it belongs to this process alone.
    ///
    /// Closed in any case: a module that is unloaded at exit while its sessions work takes the process down with it.
    ///
    /// - Parameter roles: what the token must be able to hold; throws `key.mechanism.missing` where it can't.
    func open<Value>(
        probing roles: Set<KeyRole> = [],
        _ work: (EdgeDaemon) async throws -> Value
    ) async throws -> Value {
        let configuration = try load()
        let gate = TokenGate()
        let settings = configuration.token
        let token = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: settings.module,
                label: settings.label,
                pinSource: settings.userPIN,
                sessions: settings.sessions,
                transportHash: settings.transportHash ?? .sha1,
                hardwareManufacturers: Set(settings.hardwareManufacturers ?? []),
                exclusiveLockPath: configuration.tokenLockPath
            ),
            observer: { gate.report($0) }
        )
        let logger = Logger(label: "edgehsmd") { JSONLogHandler(label: $0) }
        do {
            try await token.probe(for: roles)
            let daemon = try EdgeDaemon(configuration: configuration, token: token, gate: gate, logger: logger)
            let value = try await work(daemon)
            await token.close()
            return value
        } catch {
            await token.close()
            throw error
        }
    }
}

extension EdgeConfiguration.TokenSettings {
    fileprivate var userPIN: PINSource {
        if let file = pinFile { .file(path: file) } else { .systemdCredential(name: pinCredential ?? "token-pin") }
    }
}
