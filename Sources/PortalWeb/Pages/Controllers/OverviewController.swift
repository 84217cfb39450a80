import HTTPTypes
import PortalPages
import PortalProtocol
import Vocabulary

/// The overview, and the style guide beside it.
enum OverviewController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/", "overview", handler: overview),
        PageRoute(.get, "/styleguide", "styleGuide") { look in
            _ = try look.require()
            return .page(StyleGuidePage(now: look.time))
        },
    ]

    /// Steps of five minutes that the chart shows.
    private static let steps: Int64 = 24

    @Sendable static func overview(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let from = look.time + (-(steps - 1) * 300)
        let overview = try await look.api.get("/v1/overview", as: Overview.self)
        let recent = try await look.api.get(
            "/v1/production",
            ["step": "fiveMinutes", "from": from.description, "to": look.time.description],
            as: ProductionSeries.self
        )
        return .page(
            OverviewPage(
                overview,
                recent: recent,
                viewer: viewer,
                first: overview.factories.isEmpty ? try await first(look, viewer) : nil,
                canGrant: try await BatchController.canGrant(look, viewer, hasFactory: !overview.factories.isEmpty)
            )
        )
    }

    /// How far a portal is on which nothing is made yet.
    private static func first(_ look: PageRequest, _ viewer: Viewer) async throws -> FirstSteps {
        let products = try await look.api.all("/v1/products", as: Product.self)
        let organisations = viewer.isOEM ? try await look.api.all("/v1/organisations", as: Organisation.self) : []
        return FirstSteps(
            hasProduct: !products.isEmpty,
            hasODM: organisations.contains { $0.kind == .odm },
            hasApproved: products.contains { $0.lockedVersion != nil }
        )
    }
}
