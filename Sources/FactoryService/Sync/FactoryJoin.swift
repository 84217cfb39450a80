import Crypto
import FactoryCore
import NIOCore
import NIOPosix
import NIOSSL
public import PortalProtocol
import ServiceSupport
import Statements
import SwiftASN1
import Synchronization
import Vocabulary

/// Makes a Factory Service known to the portal, once: key and request here, certificate from there.
public enum FactoryJoin {
    /// Writes key, authority and certificate to the paths that the configuration names. Repeated after a cut, it goes on
    /// with the same key and the same request, which the portal answers as before.
    ///
    /// Throws `factory.portal.*`, `factory.join.*`.
    public static func join(_ configuration: FactoryConfiguration, code: JoiningCode) async throws -> JoinReply {
        guard let files = configuration.portal?.tls else { throw Refusal(FactoryError.notConfigured) }
        let (key, request) = try await Blocking.run {
            let key = try PortalCredentials.key(files.key)
            return (key, try savedRequest(key, service: configuration.name, path: files.key + ".csr"))
        }
        let issuer = try await IssuerProbe.find(code)
        let body = try JoinRequest(code: code.code, service: configuration.name, csr: Octets(request)).serialized()
        let link = PortalLink(
            host: code.host,
            port: code.port,
            tls: try PinnedTLS.client(nil, authorities: [issuer]),
            meter: LinkMeter(Metrics())
        )
        let answer: PortalLink.Answer
        do {
            let headers = [("Idempotency-Key", Digest256.of(request).hex)]
            answer = try await link.post("/v1/join", body, headers: headers, limit: JoinReply.largest)
        } catch {
            await link.close()
            throw error
        }
        await link.close()
        let reply = try JoinReply(parsing: answer.body)
        try await Blocking.run {
            let pem = PEMDocument(type: "CERTIFICATE", derBytes: issuer).pemString + "\n"
            try AtomicFile.write(Array(pem.utf8), to: files.authorities, mode: 0o644)
            // Last: with it, the service is joined.
            try PortalCredentials.install(reply, for: key, service: configuration.name, in: files.certificates)
        }
        return reply
    }

    /// Signatures differ each time, so the request is kept: the portal knows a repeated one by its octets.
    private static func savedRequest(
        _ key: P256.Signing.PrivateKey,
        service: StationName,
        path: String
    ) throws -> [UInt8] {
        if let saved = try? AtomicFile.read(path, limit: 2_048), !saved.isEmpty { return saved }
        let request = try PortalCredentials.request(key, service: service)
        try AtomicFile.write(request, to: path, mode: 0o644)
        return request
    }
}

/// Finds the certificate of a digest among those that a server presents. Nothing is sent to the server but a greeting.
enum IssuerProbe {
    /// DER. Throws `factory.join.issuer` or `factory.portal.unreachable`.
    static func find(_ code: JoiningCode) async throws -> [UInt8] {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.trustRoots = .certificates([])
        tls.certificateVerification = .noHostnameVerification
        let context = try NIOSSLContext(configuration: tls)
        let found = Mutex<(seen: Bool, issuer: [UInt8]?)>((false, nil))
        let group = MultiThreadedEventLoopGroup.singleton
        let ended = group.any().makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(PortalLink.connectPatience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: nil,
                        customVerificationCallback: { presented, promise in
                            let certificates = presented.compactMap { try? $0.toDERBytes() }
                            let issuer = certificates.first { Digest256.of($0) == code.issuer }
                            found.withLock { $0 = (true, issuer) }
                            // Enough was seen; the connection that counts is made with this authority alone.
                            promise.succeed(.failed)
                        }
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try channel.pipeline.syncOperations.addHandler(ProbeEnd(ended: ended))
                }
            }
        let channel: any Channel
        do { channel = try await bootstrap.connect(host: code.host, port: code.port).get() } catch {
            ended.succeed()
            throw Refusal(FactoryError.portalUnreachable, "\(code.host):\(code.port)")
        }
        let timeout = channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
        try? await ended.futureResult.get()
        timeout.cancel()
        channel.close(promise: nil)
        let (seen, issuer) = found.withLock { $0 }
        guard seen else { throw Refusal(FactoryError.portalUnreachable, "no TLS at \(code.host):\(code.port)") }
        guard let issuer else { throw Refusal(FactoryError.joinIssuer, "\(code.host):\(code.port)") }
        return issuer
    }
}

/// Tells when a connection is over.
private final class ProbeEnd: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let ended: EventLoopPromise<Void>

    init(ended: EventLoopPromise<Void>) { self.ended = ended }

    func channelInactive(context: ChannelHandlerContext) {
        ended.succeed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
