internal import ArgumentParser
internal import EdgeHSMDaemon
internal import KeyCustody
internal import Logging
internal import PKCS11Token
internal import ServiceSupport

/// The option that every command has, and what it leads to.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file of this appliance.")
    var path = "/etc/edgehsm/edgehsm.json"

    func load() throws -> EdgeConfiguration {
        let configuration = try ConfigurationFile.load(EdgeConfiguration.self, path: path)
        try configuration.validate()
        return configuration
    }

    /// Opens the token under its exclusive lock, so that it belongs to this process alone.
    func open() async throws -> EdgeDaemon {
        let configuration = try load()
        let gate = TokenGate()
        let settings = configuration.token
        let pin: PINSource =
            if let file = settings.pinFile { .file(path: file) } else {
                .systemdCredential(name: settings.pinCredential ?? "token-pin")
            }
        let token = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: settings.module,
                label: settings.label,
                pinSource: pin,
                sessions: settings.sessions,
                transportHash: settings.transportHash ?? .sha1,
                hardwareManufacturers: Set(settings.hardwareManufacturers ?? []),
                exclusiveLockPath: configuration.tokenLockPath
            ),
            observer: { gate.report($0) }
        )
        let logger = Logger(label: "edgehsmd") { JSONLogHandler(label: $0) }
        return try EdgeDaemon(configuration: configuration, token: token, gate: gate, logger: logger)
    }
}
