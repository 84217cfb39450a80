import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PortalPages
import PortalProtocol
import ServiceLifecycle
import ServiceSupport
import Statements
import Synchronization
import Vocabulary

/// A stream's place among those that there may be. Left with its last holder, so also where the stream never began because
/// the browser was gone before the answer's head was written.
final class LivePlace: Sendable {
    private let board: LiveBoard
    private let person: PersonID

    fileprivate init(_ board: LiveBoard, _ person: PersonID) { (self.board, self.person) = (board, person) }

    deinit { board.leave(person) }
}

/// That the browser of a stream is gone. Without it that would show at the next word to it, a quarter of a minute later.
private final class Departure: Sendable {
    private let noted = Mutex(false)
    var isNoted: Bool { noted.withLock { $0 } }
    func note() { noted.withLock { $0 = true } }
}

/// What live pages last were, and how many streams there are. A page is made once for all tabs of a person that show it.
final class LiveBoard: Sendable {
    /// Streams of all people, and of one.
    static let mostStreams = 256
    static let mostOfOne = 16
    /// States of a page that can be gone on from, one a second.
    private static let mostStates = 32
    private static let mostPages = 512

    typealias Places = [String: String]

    private struct Board {
        var states: [(id: Int64, places: Places)] = []
        var madeAt = ContinuousClock.now
    }

    private struct State {
        var boards: [String: Board] = [:]
        var streams: [PersonID: Int] = [:]
        var last: Int64 = 0
    }

    private let state = Mutex(State())

    /// Nil: there are too many.
    func enter(_ person: PersonID) -> LivePlace? {
        let isFree = state.withLock { state in
            let own = state.streams[person] ?? 0
            guard own < Self.mostOfOne, state.streams.values.reduce(0, +) < Self.mostStreams else { return false }
            state.streams[person] = own + 1
            return true
        }
        return isFree ? LivePlace(self, person) : nil
    }

    fileprivate func leave(_ person: PersonID) {
        state.withLock { state in
            let left = (state.streams[person] ?? 1) - 1
            state.streams[person] = left > 0 ? left : nil
        }
    }

    /// Whether what was answered to a tick may be otherwise a moment later: too much to do, or something that failed.
    static func passes(_ status: Int) -> Bool { status == 429 || status >= 500 }

    var count: Int { state.withLock { $0.streams.values.reduce(0, +) } }

    /// The newest state of a page, if it was made within the last 900 ms.
    func fresh(_ key: String) -> (id: Int64, places: Places)? {
        state.withLock { state in
            guard let board = state.boards[key], let last = board.states.last,
                ContinuousClock.now - board.madeAt < .milliseconds(900)
            else { return nil }
            return last
        }
    }

    /// A state of a page; its id.
    func put(_ key: String, _ places: Places, at now: Instant) -> Int64 {
        state.withLock { state in
            var board = state.boards[key] ?? Board()
            board.madeAt = .now
            if let last = board.states.last, last.places == places {
                state.boards[key] = board
                return last.id
            }
            state.last = max(state.last + 1, now.seconds * 1_000)
            board.states.append((state.last, places))
            if board.states.count > Self.mostStates { board.states.removeFirst() }
            if state.boards.count >= Self.mostPages, state.boards[key] == nil {
                let old = state.boards.min { $0.value.madeAt < $1.value.madeAt }?.key
                if let old { state.boards[old] = nil }
            }
            state.boards[key] = board
            return state.last
        }
    }

    /// What a client saw that names its last event; nil where that is forgotten: it then gets everything.
    func seen(_ key: String, _ id: Int64) -> Places? {
        state.withLock { $0.boards[key]?.states.first { $0.id == id }?.places }
    }
}

extension PageSite {
    private static let tick = Duration.seconds(1)
    /// Ticks after which the session is judged anew.
    private static let judgeEvery = 5
    /// Ticks in a row that may fail. Then the stream breaks off, and the browser asks anew until it has a page again.
    private static let mostTroubles = 10

    /// `/live?page=PATH`: what changes on that page, as the one who looks may see it.
    func stream(_ request: Request, _ exchange: Exchange, _ mount: RouteMount) async throws -> Response {
        let query = try ParameterDecoding.query(request.uri.query)
        let target = query["page"] ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "/")
        guard target.utf8.count <= 2_048, let (route, parameters) = page(path) else {
            throw Refusal(PortalError.unknownRoute)
        }
        let pageQuery = try ParameterDecoding.query(parts.count > 1 ? String(parts[1]) : nil)
        let (headers, host) = (request.headers, request.head.authority ?? "")
        let source: @Sendable () async throws -> PageRequest = {
            try await look(headers, host: host, path: path, query: pageQuery, exchange, mount, parameters, [:])
        }
        let first = try await source()
        guard let person = first.session?.person.id else { throw Refusal(PortalError.unauthenticated) }
        let key = "\(person.text) \(target)"
        let now = try await places(route, first, key)
        if query["once"] != nil {
            let body = try StatementCoding.encode(now.places)
            return Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: body))
            )
        }
        guard let place = live.enter(person) else {
            throw Refusal(PortalError.throttled, "5 s: too many live pages are open")
        }
        let last = headers[.lastEventID].flatMap { Int64($0) } ?? query["after"].flatMap { Int64($0) }
        let seen = last.flatMap { live.seen(key, $0) }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .init { writer in
                // Held as long as somebody writes, or could begin to.
                defer { withExtendedLifetime(place) {} }
                try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                let departure = Departure()
                do {
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        try await follow(route, source, key, now, seen, departure, &writer)
                    } onInboundClosed: {
                        departure.note()
                    }
                } catch is CancellationError {}
                try await writer.finish(nil)
            }
        )
    }

    private func follow(
        _ route: PageRoute,
        _ source: @Sendable () async throws -> PageRequest,
        _ key: String,
        _ start: (id: Int64, places: LiveBoard.Places),
        _ seen: LiveBoard.Places?,
        _ departure: Departure,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        var look: PageRequest?
        var shown = seen ?? [:]
        var (now, ticks, troubles) = (start, 0, 0)
        while !departure.isNoted && !Task.isCancelled && !Task.isShuttingDownGracefully {
            let changes = now.places.filter { shown[$0.key] != $0.value }
            if changes.isEmpty {
                // Something once in a while, so that whoever sits between keeps the connection.
                if ticks.isMultiple(of: 15) { try await write("still", now.id, "{}", &writer) }
            } else {
                let json = String(decoding: try StatementCoding.encode(changes), as: UTF8.self)
                try await write("change", now.id, json, &writer)
                shown = now.places
            }
            try await Self.sleep(until: departure)
            ticks += 1
            do {
                if look == nil || ticks.isMultiple(of: Self.judgeEvery) { look = try await source() }
                guard let current = look, current.session != nil else {
                    try await write("end", now.id, "{}", &writer)
                    return
                }
                now = try await places(route, current, key)
                troubles = 0
            } catch let problem as APIProblem {
                guard LiveBoard.passes(problem.problem.status), troubles < Self.mostTroubles else {
                    if !LiveBoard.passes(problem.problem.status) { try await write("end", now.id, "{}", &writer) }
                    return
                }
                (look, troubles) = (nil, troubles + 1)
            }
        }
    }

    private static func sleep(until departure: Departure) async throws {
        // In pieces, so that a portal that stops waits for nobody, and a place is free soon after who had it.
        for _ in 0..<5 where !Task.isShuttingDownGracefully && !departure.isNoted {
            try await Task.sleep(for: tick / 5)
        }
    }

    private func write(
        _ event: String,
        _ id: Int64,
        _ data: String,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        try await writer.write(ByteBuffer(string: "id: \(id)\nevent: \(event)\ndata: \(data)\n\n"))
    }

    private func places(
        _ route: PageRoute,
        _ look: PageRequest,
        _ key: String
    ) async throws -> (id: Int64, places: LiveBoard.Places) {
        if let fresh = live.fresh(key) { return fresh }
        // The clock goes on while the session stands.
        let current = look.now()
        guard case .page(let page, _) = try await route.handler(current) else { return (0, [:]) }
        let places = Dictionary(page.live.map { ($0.key, $0.html) }, uniquingKeysWith: { first, _ in first })
        return (live.put(key, places, at: current.time), places)
    }
}

extension PageRequest {
    func now() -> PageRequest {
        PageRequest(
            parameters: parameters,
            query: query,
            form: form,
            path: path,
            session: session,
            viewer: viewer,
            api: api,
            time: api.mount.clock.realtime(),
            host: host
        )
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .eTag
}
