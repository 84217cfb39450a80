public import PortalProtocol

/// A page that can't be shown, and what to do about it.
public struct RefusedPage: PageView {
    public static let name = "refused"
    public let title: String
    let note: Empty
    let code: String
    let detail: String?
    let requestID: String
    let status: Int

    public init(_ problem: Problem) {
        let (icon, title): (Icon, String) =
            switch problem.status {
            case 401: (.key, "Sign in first")
            case 403: (.shield, "Not for your role")
            case 404: (.search, "Not here")
            case 429: (.clock, "Too many attempts")
            case 503: (.clock, "Not now")
            case 500...: (.warning, "The portal failed")
            default: (.warning, "Not possible")
            }
        self.title = title
        // Roles by the names that people have; any other detail is for whoever looks into it.
        let roles = problem.detail?.split(separator: " or ").compactMap { Role(rawValue: String($0))?.words } ?? []
        let wanted: Markup = roles.isEmpty ? .empty : " It is for: \(roles.joined(separator: ", ")). "
        detail = roles.isEmpty ? problem.detail : nil
        // People come by a link; the API's document is for programs.
        let words: Markup =
            problem.code == "portal.route.unknown"
            ? "There is no page at this address. It may be mistyped, or from another version of the portal."
            : "\(problem.title) \(wanted)\(problem.remedy)"
        note = Empty(
            icon,
            title,
            words,
            problem.status == 401
                ? [Button("Sign in", "/sign-in", style: .primary)] : [Button("To the overview", "/", style: .primary)]
        )
        (code, requestID, status) = (problem.code, problem.requestID, problem.status)
    }

    public static let template = #"""
        <section class="panel error-page"><h1 class="sr">{{title}}</h1>{{#note}}{{> empty}}{{/note}}
        <p class="panel-foot">Code <code>{{code}}</code>{{#detail}} · {{.}}{{/detail}} · HTTP {{status}} · request <code>{{requestID}}</code></p></section>
        """#
}
