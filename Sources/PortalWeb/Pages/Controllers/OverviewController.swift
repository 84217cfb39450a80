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
        return .page(OverviewPage(overview, recent: recent, viewer: viewer))
    }
}
