import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// Factories: all of them, one of them, a new one.
enum FactoryController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/factories", "factories", handler: list),
        PageRoute(.get, "/factories/new", "newFactory") { look in try await new(look, nil, 200) },
        PageRoute(.post, "/factories/new", "createFactory", handler: create),
        PageRoute(.get, "/factories/{factory}", "factory") { look in try await page(look, nil, nil, 200) },
        PageRoute(.post, "/factories/{factory}", "changeFactory", handler: change),
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
        let organisations = try await look.api.optional("/v1/organisations", as: Page<Organisation>.self)?.items ?? []
        return .page(
            FactoryListPage(
                try await look.api.get("/v1/overview"),
                organisations: Dictionary(
                    organisations.map { ($0.id, $0.name) },
                    uniquingKeysWith: { first, _ in first }
                ),
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
                completedPerHour: 0,
                edges: [],
                critical: 0,
                warnings: 0
            )
        let summaries: [EdgeSummary] = try await look.api.all("/v1/edges")
        var edges: [FactoryPage.Edge] = []
        for edge in summaries where edge.factory == factory.id {
            let preparations = try await look.api.optional(
                "/v1/edges/\(edge.id.text)/preparations",
                as: Page<Preparation>.self
            )
            edges.append(
                .init(
                    journal: try await look.api.get("/v1/edges/\(edge.id.text)"),
                    enrolledAt: edge.enrolledAt,
                    preparations: preparations?.items ?? []
                )
            )
        }
        let organisations = try await look.api.optional("/v1/organisations", as: Page<Organisation>.self)?.items ?? []
        let alarms = try await look.api.get(
            "/v1/alarms",
            ["limit": "200", "factory": factory.id.text, "open": "true"],
            as: Page<AlarmView>.self
        ).items
        let from = look.time + (-23 * 300)
        let content = FactoryPage.Content(
            progress: progress,
            organisation: organisations.first { $0.id == factory.organisation }?.name ?? viewer.organisation,
            edges: edges,
            certificates: try await look.api.optional("\(api(look))/certificates", as: Page<SiteCertificate>.self)?
                .items ?? [],
            recent: try await look.api.get(
                "/v1/production",
                ["step": "fiveMinutes", "from": from.description, "factory": factory.id.text]
            ),
            alarms: alarms,
            products: try await look.api.all("/v1/products", as: Product.self).map(\.product)
        )
        let form = refused.map { look.refusedForm($0) } ?? look.freshForm()
        return .page(
            FactoryPage(content, form: form, opened: opened ?? look.query["do"], viewer: viewer, now: look.time),
            status: status
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] ?? ""
        do {
            if what == "prepare" {
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
            if what == "certificates" {
                let (edge, product) = (escaped(look.form["edge"] ?? ""), escaped(look.form["product"] ?? ""))
                try await look.api.send(
                    .put,
                    "/v1/edges/\(edge)/certificates/\(product)",
                    Array((look.form["file"] ?? "").utf8),
                    as: Preparation.self
                )
                return .redirect(look.path, told: .certificatesTaken)
            }
            let body = try PageBody(["days": Int64(look.form["days"] ?? "").map { .integer($0) }])
            let made = try await look.api.send(
                .post,
                "\(api(look))/joining-codes",
                body.bytes,
                key: look.form["key"],
                as: NewJoiningCode.self
            ).message
            return .page(
                LinkPage(
                    title: "Joining code",
                    words: "Code for the Factory Service",
                    text: made.text,
                    // The code comes by standard input: a command's arguments are everybody's to see.
                    command: "obis-factory join --config /etc/obis/factory.json --code-file -",
                    expiresAt: made.expiresAt,
                    back: (look.parameter("factory"), look.path)
                )
            )
        } catch let problem as APIProblem {
            return try await page(look, problem.problem, what, problem.problem.status)
        }
    }

    @Sendable private static func preparation(_ look: PageRequest) async throws -> PageAnswer {
        let (edge, product) = (look.escapedParameter("edge"), look.escapedParameter("product"))
        let bytes = try await look.api.octets("/v1/edges/\(edge)/preparations/\(product)")
        let name = "preparation-\(look.parameter("edge"))-\(look.parameter("product")).json"
        return .file(bytes, type: "application/json", name: name)
    }

    private static func new(_ look: PageRequest, _ refused: Problem?, _ status: Int) async throws -> PageAnswer {
        try await look.api.require(.post, "/v1/factories")
        let organisations = try await look.api.get("/v1/organisations", as: Page<Organisation>.self).items
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
