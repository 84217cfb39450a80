import HTTPTypes
import Hummingbird
import NIOCore
import PortalPages
import PortalProtocol
import ServiceSupport
import Statements
import Vocabulary

/// One page's address and what it answers.
struct PageRoute: Sendable {
    let method: HTTPRequest.Method
    let template: PathTemplate
    /// For logs and metrics.
    let name: String
    /// Shown to everybody.
    let isOpen: Bool
    /// Shown also to who has yet to set up the second factor.
    let isForIncomplete: Bool
    let handler: @Sendable (PageRequest) async throws -> PageAnswer

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ name: String,
        isOpen: Bool = false,
        isForIncomplete: Bool = false,
        handler: @escaping @Sendable (PageRequest) async throws -> PageAnswer
    ) {
        (self.method, template, self.name) = (method, PathTemplate(path), name)
        (self.isOpen, self.isForIncomplete, self.handler) = (isOpen, isForIncomplete, handler)
    }
}

/// The pages of the people's listener: whatever the API does not answer.
public struct PageSite: Sendable {
    let routes: [PageRoute]
    private let table: PageRouteTable
    private let sessions: any PageSessions
    private let templates: Templates
    private let assets: AssetShelf
    let live: LiveBoard

    /// Throws `portal.page.template` where a template is missing.
    public init(_ api: [any MountableRoute], sessions: any PageSessions, fonts: String? = nil) throws {
        table = PageRouteTable(api)
        self.sessions = sessions
        templates = try Templates()
        assets = try AssetShelf(fonts: fonts)
        live = LiveBoard()
        routes = Self.pages
    }

    static let pages: [PageRoute] =
        OverviewController.routes + MakingController.routes
        + VersionController.routes + BatchController.routes + ProductController.routes + FactoryController.routes
        + EdgeController.routes + KeysController.routes
        + DeviceController.routes
        + WatchController.routes + ExportController.routes + SignInController.routes + SetupController.routes
        + JoinController.routes
        + AccountController.routes + PeopleController.routes

    /// Nil where there is no such page.
    func respond(_ request: Request, _ exchange: Exchange, _ mount: RouteMount) async throws -> Response? {
        let path = request.uri.path
        if request.method == .get || request.method == .head, let asset = assets.answer(path, request.headers) {
            return asset
        }
        if path == "/live", request.method == .get {
            do { return try await stream(request, exchange, mount) } catch let problem as APIProblem {
                return Response(
                    status: .init(code: problem.problem.status),
                    headers: [.contentType: "application/problem+json"],
                    body: .init(byteBuffer: ByteBuffer(bytes: try StatementCoding.encode(problem.problem)))
                )
            }
        }
        let method = request.method == .head ? HTTPRequest.Method.get : request.method
        guard let (route, parameters) = find(method, path) else {
            // What looks like a page is told as one.
            guard method == .get, !path.hasPrefix("/v1/"), Self.wantsPage(request) else { return nil }
            let look = try await look(request, exchange, mount, [:], [:])
            return try render(
                RefusedPage(Problem(Refusal(PortalError.unknownRoute), status: 404, requestID: exchange.requestID)),
                404,
                look,
                request
            )
        }
        return try await respond(route, parameters, request, exchange, mount)
    }

    private func respond(
        _ route: PageRoute,
        _ parameters: [String: String],
        _ request: Request,
        _ exchange: Exchange,
        _ mount: RouteMount
    ) async throws -> Response {
        var look: PageRequest?
        do {
            if route.method == .post { try SameOrigin.check(request.headers, request.head.authority) }
            let form = route.method == .post ? try await Self.form(request, within: mount.deadlines.message) : [:]
            let ready = try await self.look(request, exchange, mount, parameters, form)
            look = ready
            if let carrying = SignInController.carrying(route, ready) { return try render(carrying, ready, request) }
            if let elsewhere = elsewhere(route, ready, request) { return elsewhere }
            if route.method == .post { try Self.requireOwnForm(route, ready, request) }
            var response = try render(await route.handler(ready), ready, request)
            ready.api.cookies.move(to: &response)
            return response
        } catch let problem as APIProblem {
            guard let look else { throw problem }
            var response = try render(
                RefusedPage(problem.problem, viewer: look.viewer),
                problem.problem.status,
                look,
                request
            )
            look.api.cookies.move(to: &response)
            return response
        } catch let refusal as Refusal {
            guard let look else { throw refusal }
            let status = (PortalError(rawValue: refusal.code)?.status) ?? 400
            exchange.refused(refusal.code)
            let problem = Problem(refusal, status: status, requestID: exchange.requestID)
            return try render(RefusedPage(problem, viewer: look.viewer), status, look, request)
        }
    }

    /// Where who may not be here yet is led to.
    private func elsewhere(_ route: PageRoute, _ look: PageRequest, _ request: Request) -> Response? {
        guard !route.isOpen else { return nil }
        guard let session = look.session else {
            return Self.redirect(PageTarget.address("/sign-in", ["next": target(request)]), nil)
        }
        guard session.needsSecondFactor, !route.isForIncomplete else { return nil }
        return Self.redirect(PageTarget.address("/account/authenticator", ["next": target(request)]), nil)
    }

    /// A form of somebody known carries the token of their session. One of nobody acts for nobody, but opens a session in
    /// this browser: it comes from a page of our own all the same, and every browser says of a form where it comes from.
    private static func requireOwnForm(_ route: PageRoute, _ look: PageRequest, _ request: Request) throws {
        let (headers, authority) = (request.headers, request.head.authority)
        guard route.isOpen else {
            try look.session?.requireOwnForm(csrf: look.form["csrf"], headers: headers, authority: authority)
            return
        }
        guard headers[.origin] != nil else { throw Refusal(PortalError.forged, "origin") }
        try SameOrigin.check(headers, authority)
    }

    private func find(_ method: HTTPRequest.Method, _ path: String) -> (PageRoute, [String: String])? {
        for route in routes where route.method == method {
            guard let found = route.template.parameters(of: path) else { continue }
            guard let decoded = try? found.mapValues({ try ParameterDecoding.unescape($0[...], "path") }) else {
                return nil
            }
            return (route, decoded)
        }
        return nil
    }

    /// The page that is at a path, for the live stream.
    func page(_ path: String) -> (PageRoute, [String: String])? { find(.get, path) }

    func look(
        _ request: Request,
        _ exchange: Exchange,
        _ mount: RouteMount,
        _ parameters: [String: String],
        _ form: [String: String]
    ) async throws -> PageRequest {
        try await look(
            request.headers,
            host: request.head.authority ?? "",
            path: request.uri.path,
            query: (try? ParameterDecoding.query(request.uri.query)) ?? [:],
            exchange,
            mount,
            parameters,
            form
        )
    }

    func look(
        _ headers: HTTPFields,
        host: String,
        path: String,
        query: [String: String],
        _ exchange: Exchange,
        _ mount: RouteMount,
        _ parameters: [String: String],
        _ form: [String: String]
    ) async throws -> PageRequest {
        let session = try await sessions.session(headers, address: exchange.address)
        if let session { exchange.identified(session.person.id.text) }
        let api = PageAPI(table: table, mount: mount, exchange: exchange, headers: headers, session: session)
        var viewer: Viewer?
        if let session { viewer = try await PageRequest.viewer(session, api) }
        return PageRequest(
            parameters: parameters,
            query: query,
            form: form,
            path: path,
            session: session,
            viewer: viewer,
            api: api,
            time: mount.clock.realtime(),
            host: host
        )
    }

    // MARK: - Answers

    private func render(_ answer: PageAnswer, _ look: PageRequest, _ request: Request) throws -> Response {
        switch answer {
        case .page(let page, let status): return try render(page, status, look, request)
        case .redirect(let path, let told): return Self.redirect(path, told)
        case .response(let response): return response
        case .instead(let look, let answer): return try render(answer, look, request)
        case .file(let bytes, let type, let name):
            return Response(
                status: .ok,
                headers: [
                    .contentType: type, .contentDisposition: "attachment; filename=\"\(name)\"",
                ],
                body: .init(byteBuffer: ByteBuffer(bytes: bytes))
            )
        }
    }

    private func render(
        _ page: some PageView,
        _ status: Int,
        _ look: PageRequest,
        _ request: Request
    ) throws -> Response {
        let frame = Frame(
            viewer: look.viewer.map { viewer in
                // What was just done may have given the session another cookie: its forms carry what belongs to that.
                look.api.cookies.session.map { viewer.with(csrf: SessionCookie.csrf(of: $0)) } ?? viewer
            },
            path: look.path,
            theme: Self.theme(request),
            told: look.query["told"].flatMap { Told(rawValue: $0)?.words },
            time: look.time,
            fonts: assets.fontStyle
        )
        let html = try templates.render(page, in: frame)
        return Response(
            status: .init(code: status),
            headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: html))
        )
    }

    /// A page for what went wrong before it was known who asks, or unforeseen. Nil for who wants no page.
    func failed(_ problem: Problem, _ request: Request) -> Response? {
        guard Self.wantsPage(request) else { return nil }
        let frame = Frame(
            viewer: nil,
            path: request.uri.path,
            theme: Self.theme(request),
            told: nil,
            time: .epoch,
            fonts: assets.fontStyle
        )
        guard let html = try? templates.render(RefusedPage(problem), in: frame) else { return nil }
        return Response(
            status: .init(code: problem.status),
            headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: html))
        )
    }

    private static func theme(_ request: Request) -> Frame.Theme? {
        let cookies = request.headers[.cookie] ?? ""
        return cookies.contains("obis-theme=dark") ? .dark : cookies.contains("obis-theme=light") ? .light : nil
    }

    private static func redirect(_ path: String, _ told: Told?) -> Response {
        var target = path
        if let told {
            let parts = path.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let base = String(parts[0])
            target = base + (base.contains("?") ? "&" : "?") + "told=\(told.rawValue)"
            if parts.count > 1 { target += "#" + parts[1] }
        }
        return Response(status: .seeOther, headers: [.location: target])
    }

    /// Path and query of a request, to come back to after signing in; of a form's the page that it stands on.
    private func target(_ request: Request) -> String? {
        let target = request.method == .post ? request.uri.path : request.head.path
        return PageTarget.own(target).flatMap { $0 == "/" ? nil : $0 }
    }

    private static func wantsPage(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("text/html") ?? false
    }

    private static func form(_ request: Request, within deadline: Duration) async throws -> [String: String] {
        let type = (request.headers[.contentType] ?? "").prefix { $0 != ";" }.lowercased()
        guard type == "application/x-www-form-urlencoded" else {
            throw Refusal(PortalError.bodyType, "application/x-www-form-urlencoded wanted")
        }
        var bytes: [UInt8] = []
        let end = ContinuousClock.now + deadline
        for try await chunk in request.body {
            guard ContinuousClock.now < end else { throw Refusal(PortalError.bodySlow, "\(deadline)") }
            guard bytes.count + chunk.readableBytes <= PageForm.largest else {
                throw Refusal(PortalError.bodyTooLarge, "limit \(PageForm.largest) octets")
            }
            bytes += chunk.readableBytesView
        }
        return try PageForm.parse(bytes)
    }
}

extension PathTemplate {
    /// The values of the parameters in a path that has this form, still escaped; nil for another path.
    func parameters(of path: String) -> [String: String]? {
        guard matches(path) else { return nil }
        var found: [String: String] = [:]
        for (part, piece) in zip(path.split(separator: "/"), text.split(separator: "/")) where piece.hasPrefix("{") {
            found[String(piece.dropFirst().dropLast())] = String(part)
        }
        return found
    }
}
