import AsyncHTTPClient
import Crypto
import Foundation
import Matter
import NIOCore
import NIOHTTP1
import NIOSSL
import PortalProtocol
import Statements
import SwiftASN1
import Vocabulary

/// Whoever has the files of a Factory Service, at the portal's sync listener: what its program would never send.
final class SyncIntruder: Sendable {
    let factory: FactoryID
    let service: StationName
    private let base: String
    private let client: HTTPClient
    private let source: RecordSource

    /// - Parameters:
    ///   - folder: with `portal-certificates.pem` and `portal-key.pem`.
    ///   - port: of the cable to the portal.
    ///   - authority: PEM file of the authority that issued the portal's certificate.
    init(_ folder: String, factory: String, service: String, port: Int, authority: String) throws {
        self.factory = try FactoryID(factory)
        self.service = try StationName(service)
        base = "https://127.0.0.1:\(port)"
        source = RecordSource(validated: (0..<RecordSource.size).map { _ in UInt8.random(in: 0...255) })
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.trustRoots = .file(authority)
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(folder + "/portal-certificates.pem")
            .map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: folder + "/portal-key.pem", format: .pem))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await client.shutdown() }

    // An attack that could not be set up throws past close(): a client left open would hide why.
    deinit { try? client.syncShutdown() }

    // MARK: Joining

    /// Has the portal certify a key made here, and writes both into `folder`.
    static func join(_ text: String, service: String, at door: PortalDoor, in folder: String) async throws {
        let key = P256.Signing.PrivateKey()
        let toBeSigned = ToBeSignedRequest(
            subject: try ServiceName(commonName: service),
            publicKey: P256Point(validated: Array(key.publicKey.x963Representation))
        )
        let signature = try RawSignature(key.signature(for: toBeSigned.bytes).rawRepresentation)
        let request = JoinRequest(
            code: try JoiningCode(text).code,
            service: try StationName(service),
            csr: Octets(try toBeSigned.assembled(with: signature).der)
        )
        let answer = try await door.caller(token: nil).post("/v1/join", JSONTree(parsing: request.serialized()))
        let chain = try JoinReply(parsing: answer.serialized()).certificates
        let pem = chain.map { PEMDocument(type: "CERTIFICATE", derBytes: $0.bytes).pemString + "\n" }.joined()
        try Files.write(pem, to: folder + "/portal-certificates.pem")
        try Files.write(key.pemRepresentation + "\n", to: folder + "/portal-key.pem")
    }

    // MARK: Uploads

    /// - Parameter factory: in whose name; absent: its own.
    func upload(_ journal: JournalChunk, as factory: FactoryID? = nil) -> SyncUpload {
        SyncUpload(factory: factory ?? self.factory, service: service, source: source, journal: journal)
    }

    /// Throws `PortalRefusal`.
    @discardableResult
    func send(_ upload: SyncUpload) async throws -> SyncReceipt {
        try SyncReceipt(parsing: try await exchange(.POST, "/sync/v1/uploads", upload.serialized()))
    }

    @discardableResult
    func send(_ journal: JournalChunk) async throws -> SyncReceipt { try await send(upload(journal)) }

    func state() async throws -> SyncState { try SyncState(parsing: try await exchange(.GET, "/sync/v1/state")) }

    /// The octets of a package.
    func package(_ authorization: Digest256, for edge: String) async throws -> [UInt8] {
        try await exchange(.GET, "/sync/v1/edges/\(edge)/packages/\(authorization.hex)")
    }

    private func exchange(_ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        let response = try await client.execute(request, timeout: .seconds(60))
        let bytes = Array((try await response.body.collect(upTo: 16 * 1_048_576)).readableBytesView)
        guard response.status.code < 400 else { throw PortalRefusal(status: Int(response.status.code), body: bytes) }
        return bytes
    }
}

extension PortalRefusal {
    init(status: Int, body: [UInt8]) {
        let problem = (try? JSONTree(parsing: body)) ?? .null
        self.init(
            status: status,
            code: (try? problem.string("code")) ?? "no code",
            detail: (try? problem.string("detail")) ?? "",
            body: body
        )
    }
}
