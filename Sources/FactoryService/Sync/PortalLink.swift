import AsyncHTTPClient
import FactoryCore
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL
import PortalProtocol
import Statements
import Vocabulary

/// HTTPS to the portal: TLS 1.3, the pinned authority alone, this Factory Service's own certificate.
final class PortalLink: Sendable {
    struct Answer: Sendable {
        let status: Int
        let etag: String?
        let body: [UInt8]
    }

    /// Without any octet for this long, a connection is given up.
    static let patience = TimeAmount.seconds(20)
    static let connectPatience = TimeAmount.seconds(5)

    let base: String
    private let client: HTTPClient
    private let meter: LinkMeter

    init(host: String, port: Int, tls: TLSConfiguration, meter: LinkMeter) {
        let isBare6 = host.contains(":") && !host.hasPrefix("[")
        base = "https://\(isBare6 ? "[\(host)]" : host):\(port)"
        self.meter = meter
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: Self.connectPatience, read: Self.patience, write: Self.patience),
            connectionPool: .init(idleTimeout: .seconds(45), concurrentHTTP1ConnectionsPerHostSoftLimit: 2),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Must be called once, at the end.
    func close() async { try? await client.shutdown() }

    /// Throws `factory.portal.unreachable`, and what stands for an answer of 400 and above.
    func get(
        _ path: String,
        etag: String? = nil,
        limit: Int,
        deadline: TimeAmount = .seconds(10)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        if let etag { request.headers.add(name: "If-None-Match", value: etag) }
        return try await exchange(request, octets: 0, limit: limit, deadline: deadline)
    }

    func post(
        _ path: String,
        _ body: [UInt8],
        headers: [(String, String)] = [],
        limit: Int,
        deadline: TimeAmount = .seconds(20)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        return try await exchange(request, octets: body.count, limit: limit, deadline: deadline)
    }

    private func exchange(
        _ request: HTTPClientRequest,
        octets: Int,
        limit: Int,
        deadline: TimeAmount
    ) async throws -> Answer {
        let response = try await send(request, octets: octets, deadline: deadline)
        let body: [UInt8]
        do {
            body = Array(buffer: try await response.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw Refusal(FactoryError.portalMalformed, "an answer of more than \(limit) octets")
        } catch { throw Self.unreachable(error) }
        meter.received(body.count)
        let status = Int(response.status.code)
        guard status < 400 else { throw Self.refusal(status, body) }
        return Answer(status: status, etag: response.headers.first(name: "ETag"), body: body)
    }

    /// The octets of a file from `offset` on, piece by piece as they come; returns once all came.
    ///
    /// - Parameters:
    ///   - etag: of what is wanted; with another content there, the file comes from its start.
    ///   - start: is told where the octets begin, before the first: `offset`, or 0.
    func download(
        _ path: String,
        from offset: Int,
        etag: String,
        start: (Int) async throws -> Void,
        piece: ([UInt8]) async throws -> Void
    ) async throws {
        var request = HTTPClientRequest(url: base + path)
        if offset > 0 {
            request.headers.add(name: "Range", value: "bytes=\(offset)-")
            request.headers.add(name: "If-Range", value: etag)
        }
        let response = try await send(request, octets: 0, deadline: .minutes(30))
        let status = Int(response.status.code)
        guard status == 200 || (status == 206 && offset > 0) else {
            let body = (try? await response.body.collect(upTo: 64 * 1024)).map { Array(buffer: $0) } ?? []
            throw Self.refusal(status, body)
        }
        if status == 206 {
            let range = response.headers.first(name: "Content-Range") ?? ""
            guard range.hasPrefix("bytes \(offset)-") else {
                throw Refusal(FactoryError.portalMalformed, "Content-Range \(range.prefix(60)) for \(offset)")
            }
        }
        try await start(status == 206 ? offset : 0)
        var pieces = response.body.makeAsyncIterator()
        while true {
            let next: ByteBuffer?
            do { next = try await pieces.next() } catch { throw Self.unreachable(error) }
            guard let next else { return }
            meter.received(next.readableBytes)
            try await piece(Array(buffer: next))
        }
    }

    private func send(
        _ request: HTTPClientRequest,
        octets: Int,
        deadline: TimeAmount
    ) async throws -> HTTPClientResponse {
        let head = request.url.utf8.count + 120
        do {
            let response = try await client.execute(request, timeout: deadline)
            meter.sent(head + octets)
            meter.received(response.headers.reduce(20) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
            return response
        } catch is CancellationError { throw CancellationError() } catch { throw Self.unreachable(error) }
    }

    private static func unreachable(_ error: any Error) -> any Error {
        if error is Refusal || error is CancellationError { return error }
        return Refusal(FactoryError.portalUnreachable, String("\(error)".prefix(160)))
    }

    /// The portal's problem+json, read leniently: it is told to people, nothing hangs on it.
    private struct Problem: Decodable {
        let code: String?
        let detail: String?
        let title: String?
    }

    private static func refusal(_ status: Int, _ body: [UInt8]) -> Refusal {
        let problem = body.count <= 64 * 1024 ? try? JSONDecoder().decode(Problem.self, from: Data(body)) : nil
        let words = [problem?.code, problem?.detail ?? problem?.title].compactMap { $0 }.joined(separator: ": ")
        let text = "\(status) " + words.filter { !$0.isNewline }.prefix(300)
        let isBusy = status >= 500 || status == 429 || status == 408
        return Refusal(isBusy ? FactoryError.portalBusy : .portalRefused, text)
    }
}

extension Refusal {
    /// The status of an answer that the portal gave instead of what was asked for.
    var portalStatus: Int? {
        guard has(FactoryError.portalRefused) || has(FactoryError.portalBusy) else { return nil }
        return Int(detail.prefix(3))
    }
}
