import HTTPTypes
import Hummingbird
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Factories: all of them, one of them, a new one.
enum FactoryController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/factories", "factories", handler: list),
        PageRoute(.get, "/factories/new", "newFactory") { look in try await new(look, nil, 200) },
        PageRoute(.post, "/factories/new", "createFactory", handler: create),
        PageRoute(.get, "/factories/{factory}", "factory") { look in try await page(look, nil, nil, 200) },
        PageRoute(.post, "/factories/{factory}", "changeFactory", handler: change),
        PageRoute(.get, "/factories/{factory}/events", "siteEvents", handler: events),
        PageRoute(.get, "/factories/{factory}/downlink.tar", "stickFile", handler: downlink),
        PageRoute(
            .get,
            "/factories/{factory}/preparations/{edge}/{product}/preparation.json",
            "preparationFile",
            handler: preparation
        ),
    ]

    private static func api(_ look: PageRequest) -> String { "/v1/factories/\(look.escapedParameter("factory"))" }

    @Sendable private static func list(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let organisations = try await People.organisations(look)
        return .page(
            FactoryListPage(
                try await look.api.get("/v1/overview"),
                organisations: Dictionary(
                    organisations.map { ($0.id, $0.name) },
                    uniquingKeysWith: { first, _ in first }
                ),
                hasODM: organisations.contains { $0.kind == .odm },
                viewer: viewer
            )
        )
    }

    private static func page(
        _ look: PageRequest,
        _ refused: Problem?,
        _ opened: String?,
        _ status: Int
    ) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let factory = try await look.api.get(api(look), as: Factory.self)
        let overview = try await look.api.get("/v1/overview", as: Overview.self)
        let progress =
            overview.factories.first { $0.factory.id == factory.id }
            ?? FactoryProgress(
                factory: factory,
                today: .zero,
                rate: .unknown(.idle),
                edges: [],
                critical: 0,
                warnings: 0
            )
        let summaries: [EdgeSummary] = try await look.api.all("/v1/edges")
        var edges: [FactoryPage.Edge] = []
        for edge in summaries where edge.factory == factory.id {
            let preparations: [Preparation]? = try await look.api.optionalAll(
                "/v1/edges/\(edge.id.text)/preparations"
            )
            edges.append(
                .init(
                    journal: try await look.api.get("/v1/edges/\(edge.id.text)"),
                    enrolledAt: edge.enrolledAt,
                    preparations: preparations ?? []
                )
            )
        }
        let organisations = try await People.organisations(look)
        let alarms = try await look.api.get(
            "/v1/alarms",
            ["limit": "200", "factory": factory.id.text, "open": "true"],
            as: Page<AlarmView>.self
        ).items
        let certificates = try await look.api.optional(
            "\(api(look))/certificates",
            ["limit": "50"],
            as: Page<SiteCertificate>.self
        )
        let from = look.time + (-23 * 300)
        let content = FactoryPage.Content(
            progress: progress,
            organisation: organisations.first { $0.id == factory.organisation }?.name ?? viewer.organisation,
            edges: edges,
            certificates: certificates?.items ?? [],
            hasMoreCertificates: certificates?.next != nil,
            recent: try await look.api.get(
                "/v1/production",
                ["step": "fiveMinutes", "from": from.description, "factory": factory.id.text]
            ),
            alarms: alarms,
            products: try await look.api.all("/v1/products", as: Product.self).map(\.product),
            host: look.host
        )
        let field = refused?.detail.flatMap { $0.hasPrefix("enrolment: ") ? String($0.dropFirst(11)) : nil }
        let errors = field.map { ["enrolment": FieldWords.sentence($0)] } ?? [:]
        let form = refused.map { look.refusedForm($0, errors: errors) } ?? look.freshForm()
        return .page(
            FactoryPage(content, form: form, opened: opened ?? look.query["do"], viewer: viewer, now: look.time),
            status: status
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] ?? ""
        do {
            switch what {
            case "prepare": return try await prepare(look)
            case "certificates": return try await bringCertificates(look)
            case "enrol": return try await enrol(look)
            case "certificate":
                let key = escaped(look.form["certificate"] ?? "")
                try await look.api.send(.delete, "\(api(look))/certificates/\(key)", as: Nothing.self)
                return .redirect(look.path, told: .certificateRevoked)
            default: return try await joiningCode(look)
            }
        } catch let problem as APIProblem {
            return try await page(look, problem.problem, what, problem.problem.status)
        }
    }

    private static func prepare(_ look: PageRequest) async throws -> PageAnswer {
        let body = try PageBody(["product": .string(look.form["product"] ?? "")])
        try await look.api.send(
            .post,
            "/v1/edges/\(escaped(look.form["edge"] ?? ""))/preparations",
            body.bytes,
            key: look.form["key"],
            as: Preparation.self
        )
        return .redirect(look.path, told: .preparationAsked)
    }

    private static func bringCertificates(_ look: PageRequest) async throws -> PageAnswer {
        let (edge, product) = (escaped(look.form["edge"] ?? ""), escaped(look.form["product"] ?? ""))
        try await look.api.send(
            .put,
            "/v1/edges/\(edge)/certificates/\(product)",
            Array((look.form["file"] ?? "").utf8),
            as: Preparation.self
        )
        return .redirect(look.path, told: .certificatesTaken)
    }

    /// The statement says which EdgeHSM it is of; this is the page of one factory, so it must be of that.
    private static func enrol(_ look: PageRequest) async throws -> PageAnswer {
        try await look.api.require(.put, "/v1/edges/new")
        let bytes = Array((look.form["enrolment"] ?? "").utf8)
        let enrolment: EdgeHSMEnrolment
        do { enrolment = try EdgeHSMEnrolment.read(payload: Envelope(parsing: bytes).payload) } catch let refusal
            as Refusal
        {
            throw APIProblem(problem: Problem(refusal, status: 422, requestID: look.api.exchange.requestID))
        }
        guard enrolment.factory.text == look.parameter("factory") else {
            let refusal = Refusal(PortalProtocolError.malformedRequest, "enrolment: it is for \(enrolment.factory)")
            throw APIProblem(problem: Problem(refusal, status: 400, requestID: look.api.exchange.requestID))
        }
        try await look.api.send(.put, "/v1/edges/\(enrolment.edgeHSM.text)", bytes, as: EdgeSummary.self)
        return .redirect(look.path, told: .edgeEnrolled)
    }

    private static func joiningCode(_ look: PageRequest) async throws -> PageAnswer {
        let body = try PageBody(["days": Int64(look.form["days"] ?? "").map { .integer($0) }])
        let made = try await look.api.send(
            .post,
            "\(api(look))/joining-codes",
            body.bytes,
            key: look.form["key"],
            as: NewJoiningCode.self
        ).message
        return .page(
            ShownOncePage(
                title: "Joining code",
                lead: "A Factory Service takes its certificate with it, once.",
                text: made.text,
                label: "Code for the Factory Service",
                // The code comes by standard input: a command's arguments are everybody's to see.
                command: "obis-factory join --config /etc/obis/factory.json --code-file -",
                warning: "The portal keeps only a digest. Pass the code on by a channel that you trust.",
                expiresAt: made.expiresAt,
                back: ("I have passed it on", look.path),
                above: ("Factory", look.path)
            ),
            status: 201
        )
    }

    @Sendable private static func events(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let show = look.query["show"].flatMap(SiteEventsPage.Show.init(rawValue:)) ?? .all
        let factory = try await look.api.get(api(look), as: Factory.self)
        var query = ["limit": "60"]
        query["cursor"] = look.query["cursor"]
        var page = try await look.api.get("\(api(look))/events", query, as: Page<SiteEventView>.self)
        var looked = 0
        var found: [SiteEventView] = []
        // What goes well makes few lines or none: goes on until there is a page of them, as far as one look may go.
        while true {
            looked += page.items.count
            found += show == .all ? page.items : page.items.filter(SiteEventsPage.isTrouble)
            guard let next = page.next, SiteEventsPage.lines(of: found) < mostLines, looked < mostLooked else { break }
            query["cursor"] = next.text
            page = try await look.api.get("\(api(look))/events", query, as: Page<SiteEventView>.self)
        }
        page = Page(items: found, next: page.next)
        let batches = try await look.api.get("/v1/batches", ["limit": "200"], as: Page<Batch>.self).items
        return .page(
            SiteEventsPage(
                page,
                show: show,
                looked: looked,
                batches: Dictionary(batches.map { ($0.authorization, $0) }) { first, _ in first },
                factory: factory,
                now: look.time
            )
        )
    }

    private static let mostLines = 25
    private static let mostLooked = 900

    /// As the API streams it.
    @Sendable private static func downlink(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        var response = try await look.api.response("\(api(look))/downlink")
        response.headers[.contentDisposition] = "attachment; filename=\"\(look.parameter("factory")).tar\""
        return .response(response)
    }

    @Sendable private static func preparation(_ look: PageRequest) async throws -> PageAnswer {
        let (edge, product) = (look.escapedParameter("edge"), look.escapedParameter("product"))
        let bytes = try await look.api.octets("/v1/edges/\(edge)/preparations/\(product)")
        let name = "preparation-\(look.parameter("edge"))-\(look.parameter("product")).json"
        return .file(bytes, type: "application/json", name: name)
    }

    private static func new(_ look: PageRequest, _ refused: Problem?, _ status: Int) async throws -> PageAnswer {
        try await look.api.require(.post, "/v1/factories")
        let organisations: [Organisation] = try await look.api.all("/v1/organisations")
        let form = refused.map { look.refusedForm($0) } ?? look.freshForm()
        return .page(NewFactoryPage(organisations: organisations, form: form), status: status)
    }

    @Sendable private static func create(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let body = try PageBody([
                "id": .string(look.form["id"] ?? ""), "name": .string(look.form["name"] ?? ""),
                "organisation": .string(look.form["organisation"] ?? ""),
                "country": .string(look.form["country"] ?? ""), "timeZone": .string(look.form["timeZone"] ?? ""),
            ])
            let made = try await look.api.send(
                .post,
                "/v1/factories",
                body.bytes,
                key: look.form["key"],
                as: Factory.self
            )
            return .redirect("/factories/\(made.message.id.text)", told: .factoryCreated)
        } catch let problem as APIProblem {
            return try await new(look, problem.problem, problem.problem.status)
        }
    }
}
