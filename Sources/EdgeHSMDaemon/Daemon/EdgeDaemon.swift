import Durability
import FoundationEssentials
import Glibc
public import KeyCustody
public import Logging
import Matter
public import ServiceSupport
import Statements
import Synchronization
import Vocabulary

/// The daemon from its configuration to its clean stop.
public struct EdgeDaemon: Sendable {
    public static let softwareVersion = "1.0"
    /// Exit status after a failed commit: the service manager starts the daemon again, which starts from the disk.
    public static let commitFailedStatus: Int32 = 74

    let configuration: EdgeConfiguration
    let token: any Token
    let gate: TokenGate
    let execution: any Execution
    let metrics: Metrics
    let logger: Logger

    /// `gate` must be told of the token's health. Throws `edge.setting.invalid` and `edge.token.software`.
    public init(configuration: EdgeConfiguration, token: any Token, gate: TokenGate, logger: Logger) throws {
        try configuration.validate()
        try EdgeEnrolment.requireProfile(configuration, token.information)
        self.configuration = configuration
        self.token = token
        self.gate = gate
        self.execution = TokenExecution(token: token, declarationSigners: try configuration.signers())
        self.metrics = Metrics()
        self.logger = logger
    }

    public var enrolment: EdgeEnrolment {
        EdgeEnrolment(configuration: configuration, token: token, execution: execution)
    }

    /// Serves until SIGTERM, SIGINT or the operator's word, then stops cleanly. `signals` must have been made before
    /// anything was started.
    public func run(until signals: SignalWait) async throws {
        let engine = try await EdgeStart(
            configuration: configuration,
            token: token,
            execution: execution,
            gate: gate,
            clock: .system,
            metrics: metrics,
            logger: logger,
            seam: FaultSeam.fromEnvironment(),
            softwareVersion: Self.softwareVersion,
            siteCA: [],
            fatal: { [logger] error in
                logger.critical("the journal could not be written; ending", metadata: ["error": "\(error)"])
                _exit(Self.commitFailedStatus)
            }
        ).start()
        let certificates = try await certificates(at: engine.now)
        if let certificates { engine.take(siteCA: certificates.siteCA.bytes) }
        let stopping = StopSignal()
        let server = try await EdgeServer.start(
            engine,
            configuration: configuration,
            certificates: certificates,
            token: token,
            metrics: metrics,
            logger: logger,
            stop: { stopping.arrive() }
        )
        logger.notice(
            "serving",
            metadata: ["port": "\(server.port ?? 0)", "socket": "\(configuration.operatorSocket)"]
        )
        let ready = ReadyFile(folder: configuration.dataDirectory)
        try ready.write(port: server.port)
        ServiceManager.notify("READY=1")
        let upkeep = Task { await keepUp(engine) }
        Task {
            _ = await signals.wait()
            stopping.arrive()
        }
        await stopping.wait()
        ServiceManager.notify("STOPPING=1")
        ready.remove()
        upkeep.cancel()
        await server.shutdown()
        await engine.stop()
    }

    /// A zeroised EdgeHSM has no TLS key any more: it serves its local operator alone.
    ///
    /// - Parameter now: trusted time. The wall clock may be wrong, and a certificate of its making lasts longer than that.
    private func certificates(at now: Instant) async throws -> ServerCertificates? {
        guard try await token.has(KeyName(.edgeTLS)), try await token.has(KeyName(.siteCA)) else {
            logger.warning("no TLS key: only the local operator is served")
            return nil
        }
        return try await ServerCertificateFile.renewed(
            configuration: configuration,
            execution: execution,
            now: now
        )
    }

    private func keepUp(_ engine: EdgeEngine) async {
        var seconds = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await engine.tick()
            seconds += 1
            if seconds.isMultiple(of: 10), let path = configuration.metricsFile {
                let text = Data(metrics.text().utf8)
                do { try text.write(to: URL(filePath: path), options: .atomic) } catch {
                    logger.warning("metrics can not be written", metadata: ["path": "\(path)"])
                }
            }
        }
    }
}

/// Something happened once; whoever waits for it goes on.
final class StopSignal: Sendable {
    private struct State {
        var hasArrived = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func arrive() {
        let waiting = state.withLock { state in
            state.hasArrived = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasArrived = state.withLock { state in
                if !state.hasArrived { state.waiting.append(continuation) }
                return state.hasArrived
            }
            if hasArrived { continuation.resume() }
        }
    }
}

extension EdgeConfiguration {
    /// Whose Certification Declarations count: the configured signers under the alliance's root; in the lab without any,
    /// the alliance's published test key.
    func signers() throws -> [DeclarationSigner] {
        let files = declarationSigners ?? []
        if files.isEmpty {
            guard profile == .lab else { throw Refusal(EdgeDaemonError.invalidSetting, "declarationSigners is empty") }
            return [DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())]
        }
        return try files.map { files in
            try DeclarationSigner(certificate: Self.certificate(files.certificate), root: Self.certificate(files.root))
        }
    }

    private static func certificate(_ path: String) throws -> AttestationCertificate {
        guard let der = try CredentialFile.certificates(path).first else {
            throw Refusal(EdgeDaemonError.invalidSetting, path)
        }
        return try AttestationCertificate(der: der)
    }
}
