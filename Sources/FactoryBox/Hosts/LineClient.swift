import Crypto
import Foundation
import LineProtocol
import Matter
import ServiceSupport
import Statements
import Vocabulary

/// A client of the EdgeHSM with a certificate of its own, on a real socket: what an honest or hostile station or
/// service can say, without the restraint of our station software.
final class LineClient: Sendable {
    let name: String
    private let client: FrameClient
    private let caller: LineCaller

    /// Makes a key and has the local operator certify it for `role`.
    static func enrol(_ name: String, role: String, at edge: EdgeAppliance) async throws -> LineClient {
        let folder = try edge.host.world.folder("clients", name)
        let key = P256.Signing.PrivateKey()
        let toBeSigned = ToBeSignedRequest(
            subject: try ServiceName(commonName: name),
            publicKey: P256Point(validated: Array(key.publicKey.x963Representation))
        )
        let signature = try RawSignature(key.signature(for: toBeSigned.bytes).rawRepresentation)
        let request = try toBeSigned.assembled(with: signature).der
        try Files.write(request, to: folder + "/request.der")
        try Files.write(key.pemRepresentation + "\n", to: folder + "/key.pem")
        try await edge.certify(
            name: name,
            role: role,
            request: folder + "/request.der",
            fingerprint: Digest256.of(request).hex,
            out: folder + "/certificates.pem"
        )
        return try LineClient(name, folder: folder, edge: edge)
    }

    private init(_ name: String, folder: String, edge: EdgeAppliance) throws {
        self.name = name
        let chain = try CredentialFile.certificates(folder + "/certificates.pem")
        let configuration = FrameClientConfiguration(
            endpoint: .tls(
                host: "127.0.0.1",
                port: edge.port,
                identity: try TLSIdentity(chain: Array(chain.prefix(1)), key: .pem(path: folder + "/key.pem")),
                authorities: [chain[chain.count - 1]],
                server: ServerExpectation(role: "edgehsm", commonName: edge.id),
                now: { Clock.now }
            )
        )
        let client = try FrameClient(configuration)
        self.client = client
        caller = LineCaller(prefix: name) { try await client.request($0) }
    }

    func ask<Operation: LineOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) async throws -> Operation.Reply {
        try await caller.call(operation, request)
    }

    func close() async { await client.close() }
}
