import Foundation
import LineProtocol
import ServiceSupport
import Vocabulary

/// A value that is no secret and is put wherever a scan looks, in every form: a scan that does not find it is blind.
struct Canary: Sendable {
    static let subject = "canary"
    /// Value of an environment variable: it stands in the process's memory.
    static let variable = "OBIS_CANARY"

    let bytes: [UInt8]

    /// Letters only, so that it may travel as text.
    init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<20).map { _ in UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z"), using: &generator) }
    }

    var patterns: [ScanPattern] { ScanPattern.all(of: Self.subject, bytes) }

    /// All forms, one after the other.
    var texts: [String] { ScanEncoding.allCases.map { String(decoding: $0.written(bytes), as: UTF8.self) } }
    var text: String { texts.joined(separator: " ") }

    func plant(inFile path: String) throws { try Files.write(text, to: path) }

    /// A process that has the canary in its argument list and does nothing.
    func plant(inArgumentsBy world: World) throws -> Service {
        try Service(
            "canary",
            URL(fileURLWithPath: "/usr/bin/tail"),
            ["-f", "/dev/null", text],
            environment: world.environment,
            log: URL(fileURLWithPath: world.path("canary.log"))
        )
    }

    func plant(inLog log: URL) throws {
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((text + "\n").utf8))
        try handle.close()
    }

    /// Sends it to the Factory Service as the names of people who sign in, one a form: through TLS, as frames.
    func plant(inFramesTo factory: FactoryHost) async throws {
        let station = factory.stations[0]
        let folder = station.folder
        let identity = try TLSIdentity.load(
            certificates: folder + "/certificates.pem",
            key: .pem(path: folder + "/key.pem")
        )
        let client = try FrameClient(
            FrameClientConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: factory.port,
                    identity: identity,
                    authorities: CredentialFile.certificates(folder + "/authority.pem"),
                    server: ServerExpectation(commonName: factory.serviceName),
                    now: { Clock.now }
                )
            )
        )
        let caller = LineCaller(prefix: station.name) { try await client.request($0) }
        for name in texts { _ = try await caller.call(SignIn.self, .init(operatorName: name)) }
        await client.close()
    }
}
