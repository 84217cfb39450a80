internal import ArgumentParser
internal import CommandSupport
internal import Glibc
internal import KeyCustody
internal import Logging
internal import PKCS11Token
internal import PortalWeb
internal import ServiceLifecycle
internal import ServiceSupport
internal import Vocabulary

/// The OEM's portal: decides, never executes.
struct ObisPortal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-portal",
        abstract: "Serves people and factories: products, versions, batches, records.",
        discussion: """
            A first start prints a one-time code for POST /v1/setup. Exit status: 0 done, 1 refused, 2 wrong usage.
            """,
        version: Program.version(of: "obis-portal"),
        subcommands: [Run.self, CheckConfig.self]
    )

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "run", abstract: "Serves until it is stopped.")
        @OptionGroup var options: PortalOptions

        func run() async throws {
            #if DEBUG
            // A lab's memory scan looks into this process; nobody else does.
            try ProcessHardening.apply(allowsInspection: getenv("OBIS_ALLOW_INSPECTION") != nil)
            #else
            try ProcessHardening.apply()
            #endif
            let signals = SignalWait()
            let logger = Logger(label: "obis-portal") { JSONLogHandler(label: $0) }
            let configuration = try options.load()
            let token = try await configuration.openToken()
            // Closed in any case: a module that is unloaded at exit while its sessions work takes the process down with it.
            do { try await serve(configuration, token, signals, logger) } catch {
                await token.close()
                throw error
            }
            await token.close()
        }

        private func serve(
            _ configuration: PortalConfiguration,
            _ token: any Token,
            _ signals: SignalWait,
            _ logger: Logger
        ) async throws {
            let portal = try await Portal.open(configuration, token: token, logger: logger)
            if let code = portal.setupCode { Terminal.show("setup code: \(code)") }
            let group = ServiceGroup(configuration: .init(services: [portal], logger: logger))
            // Cancelling the group itself would cut requests off, and leave quiet connections to their clients' mercy.
            let stop = Task {
                let ports = await portal.application.ports.wait()
                logger.info("ready", metadata: ["people": "\(ports.people)", "sync": "\(ports.sync ?? 0)"])
                ServiceManager.notify("READY=1")
                _ = await signals.wait()
                ServiceManager.notify("STOPPING=1")
                await group.triggerGracefulShutdown()
            }
            // The group ends first where a service fails; then nobody waits for a signal any more.
            defer { stop.cancel() }
            try await group.run()
        }
    }

    struct CheckConfig: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check-config",
            abstract: "Says whether the configuration file is well-formed and its files can be read."
        )
        @OptionGroup var options: PortalOptions

        func run() async throws {
            try options.load().checkFiles()
            Terminal.show("good")
        }
    }
}

struct PortalOptions: ParsableArguments {
    @Option(help: "Configuration file (JSON).") var config = "/etc/obis/portal.json"

    func load() throws -> PortalConfiguration {
        let configuration = try ConfigurationFile.load(PortalConfiguration.self, path: config)
        try configuration.validate()
        return configuration
    }
}

extension PortalConfiguration {
    /// Opens the token under its exclusive lock, so that it belongs to this process alone.
    func openToken() async throws -> PKCS11Token {
        try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: token.module,
                label: token.label,
                pinSource: token.pinFile.map { .file(path: $0) }
                    ?? .systemdCredential(name: token.pinCredential ?? "token-pin"),
                sessions: token.sessions ?? 4,
                transportHash: token.transportHash ?? .sha1,
                hardwareManufacturers: Set(token.hardwareManufacturers ?? []),
                exclusiveLockPath: tokenLockPath
            )
        )
    }
}

enum Terminal {
    static func show(_ text: String) { put(text, 1) }

    private static func put(_ text: String, _ descriptor: Int32) {
        let line = Array((text + "\n").utf8)
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

@main
enum Main {
    static func main() async { await Program.main(ObisPortal.self) }
}
