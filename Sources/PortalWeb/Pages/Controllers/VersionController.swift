import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// A version's review and what is done with it.
enum VersionController {
    private static let place = "/products/{product}/versions/{version}"

    static let routes: [PageRoute] = [
        PageRoute(.get, place, "version") { look in try await page(look, nil, nil, 200) },
        PageRoute(.post, place, "changeVersion", handler: change),
        PageRoute(.get, "\(place)/approval.json", "approvalFile") { look in
            try await file(look, "/approval", "approval")
        },
        PageRoute(.get, "\(place)/manifest.json", "manifestFile") { look in
            try await file(look, "/manifest", "manifest")
        },
        PageRoute(.get, "\(place)/sign.tar", "signingFiles", handler: signingFiles),
    ]

    private static func api(_ look: PageRequest) -> String {
        "/v1/products/\(look.escapedParameter("product"))/versions/\(look.escapedParameter("version"))"
    }

    private static func file(_ look: PageRequest, _ part: String, _ name: String) async throws -> PageAnswer {
        let bytes = try await look.api.octets(api(look) + part)
        let file = "\(name)-\(look.parameter("product"))-\(look.parameter("version")).json"
        return .file(bytes, type: "application/json", name: file)
    }

    /// All that an officer's command takes, under the names that the page's command uses.
    @Sendable private static func signingFiles(_ look: PageRequest) async throws -> PageAnswer {
        .file(
            try await look.api.octets("\(api(look))/approval/files"),
            type: "application/x-tar",
            name: "sign-\(look.parameter("product"))-\(look.parameter("version")).tar"
        )
    }

    /// Another version of the product whose approval is signed already.
    private static func pending(
        _ version: ProductVersion,
        _ viewer: Viewer,
        _ look: PageRequest
    ) async throws -> VersionName? {
        guard viewer.isOEM, version.state == .submitted, version.approval?.isSigned != true else { return nil }
        let versions: [ProductVersion] = try await look.api.all(
            "/v1/products/\(look.escapedParameter("product"))/versions"
        )
        return versions.first {
            $0.state == .submitted && $0.version != version.version && $0.approval?.isSigned == true
        }?.version
    }

    private static func page(
        _ look: PageRequest,
        _ refused: Problem?,
        _ opened: String?,
        _ status: Int
    ) async throws -> PageAnswer {
        let (session, viewer) = try look.require()
        let version = try await look.api.reply(api(look), as: ProductVersion.self)
        let review = try await look.api.get("\(api(look))/review", as: VersionReview.self)
        let product = try await look.api.get("/v1/products/\(look.escapedParameter("product"))", as: Product.self)
        let roleKeys = try await People.newestRoleKeys(look)
        let people: [Person] = try await look.api.all("/v1/people")
        let holders = people.compactMap { person in person.officer.map { ($0, person.name) } }
        let content = VersionPage.Content(
            product: product,
            version: version.message,
            review: review,
            names: Dictionary(people.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first }),
            holders: Dictionary(holders, uniquingKeysWith: { first, _ in first }),
            edges: viewer.isOEM ? try await People.edges(look) : [:],
            officers: roleKeys?.officers.map(\.name) ?? [],
            threshold: roleKeys?.threshold ?? 0,
            officer: session.person.officer,
            pending: try await pending(version.message, viewer, look),
            portal: "https://\(look.host)"
        )
        let form = refused.map { look.refusedForm($0, tag: version.tag) } ?? look.freshForm(tag: version.tag)
        return .page(
            VersionPage(
                content,
                tab: look.query["tab"].flatMap { VersionPage.Tab(rawValue: $0) },
                form: form,
                opened: opened ?? look.query["do"],
                viewer: viewer,
                now: look.time
            ),
            status: status
        )
    }

    @Sendable private static func change(_ look: PageRequest) async throws -> PageAnswer {
        let what = look.form["do"] ?? ""
        do {
            switch what {
            case "submit":
                try await look.api.send(.post, "\(api(look))/submit", tag: look.form["tag"], as: ProductVersion.self)
                return .redirect(look.path, told: .versionSubmitted)
            case "reject":
                let body = try PageBody(["reason": .string(look.form["reason"] ?? "")])
                try await look.api.send(
                    .post,
                    "\(api(look))/reject",
                    body.bytes,
                    tag: look.form["tag"],
                    as: ProductVersion.self
                )
                return .redirect(look.path, told: .versionRejected)
            default:
                let envelope = Array((look.form["envelope"] ?? "").utf8)
                try await look.api.send(
                    .post,
                    "\(api(look))/approval/signatures",
                    envelope,
                    as: ProductVersion.self
                )
                return .redirect(look.path, told: .signaturesTaken)
            }
        } catch let problem as APIProblem {
            return try await page(look, problem.problem, what, problem.problem.status)
        }
    }
}

/// A JSON body made of a form's fields.
struct PageBody {
    let bytes: [UInt8]

    init(_ members: [String: JSONValue?]) throws {
        bytes = try StatementCoding.encode(members.compactMapValues { $0 })
    }
}

/// What pages look up beside their own matter.
enum People {
    /// Names of the people that the caller may see.
    static func names(_ look: PageRequest) async throws -> [PersonID: String] {
        let people: [Person] = try await look.api.all("/v1/people")
        return Dictionary(people.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// Nil before the first, and for whom they are not.
    static func newestRoleKeys(_ look: PageRequest) async throws -> RoleKeys? {
        guard let chain = try await look.api.optional("/v1/role-keys", as: RoleKeysChain.self),
            let newest = chain.roleKeys.last
        else { return nil }
        return try RoleKeys.read(payload: newest.payload)
    }

    /// Officers by the ids of their keys, in whichever version of RoleKeys; empty for whom those are not.
    static func officerKeys(_ look: PageRequest) async throws -> [Digest256: String] {
        let chain = try await look.api.optional("/v1/role-keys", as: RoleKeysChain.self)?.roleKeys ?? []
        let officers = try chain.flatMap { try RoleKeys.read(payload: $0.payload).officers }
        return Dictionary(officers.map { ($0.key.keyID, $0.name.text) }, uniquingKeysWith: { _, last in last })
    }

    static func organisations(_ look: PageRequest) async throws -> [Organisation] {
        try await look.api.optionalAll("/v1/organisations") ?? []
    }

    /// Where each EdgeHSM stands, and whether it is stopped.
    static func edges(_ look: PageRequest) async throws -> [EdgeHSMID: EdgePlace] {
        let (edges, factories): ([EdgeSummary], [FactoryID: Factory]) = (
            try await look.api.all("/v1/edges"), try await factories(look)
        )
        let places = edges.map { edge in
            let name = factories[edge.factory]?.name ?? edge.factory.text
            return (edge.id, EdgePlace(factory: name, site: edge.factory, halted: edge.halted))
        }
        return Dictionary(places, uniquingKeysWith: { first, _ in first })
    }

    static func factories(_ look: PageRequest) async throws -> [FactoryID: Factory] {
        let factories: [Factory] = try await look.api.all("/v1/factories")
        return Dictionary(factories.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
