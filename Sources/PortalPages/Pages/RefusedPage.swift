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

    /// - Parameter viewer: nil before it is known who asks.
    public init(_ problem: Problem, viewer: Viewer? = nil) {
        let (icon, title): (Icon, String) =
            switch problem.status {
            case 401: (.key, "Sign in first")
            case 403: (.lock, "Not for your role")
            case 404: (.search, "Not here")
            case 429: (.clock, "Too many attempts")
            case 503: (.clock, "Not now")
            case 500...: (.warning, "The portal failed")
            default: (.warning, "Not possible")
            }
        self.title = title
        // Roles by the names that people have; any other detail is for whoever looks into it.
        let roles = problem.detail?.split(separator: " or ").compactMap { Role(rawValue: String($0))?.words } ?? []
        detail = roles.isEmpty ? problem.detail : nil
        // People come by a link; the API's document is for programs.
        let words: Markup =
            problem.code == "portal.route.unknown"
            ? "There is no page at this address. It may be mistyped, or from another version of the portal."
            : roles.isEmpty
                ? "\(problem.title) \(Self.remedy(problem, viewer))"
                : Self.access(roles.joined(separator: " or "), viewer)
        note = Empty(
            icon,
            title,
            words,
            Self.actions(problem)
        )
        (code, requestID, status) = (problem.code, problem.requestID, problem.status)
    }

    /// Whom it is for, who asks, and whom they ask.
    private static func access(_ roles: String, _ viewer: Viewer?) -> Markup {
        let own: Markup = viewer.map { " You are signed in as \($0.roleWords)." } ?? .empty
        return "This is for the role \(roles).\(own) Ask somebody with that role, or an OEM admin for it."
    }

    private static func actions(_ problem: Problem) -> [Button] {
        let home = Button("Go to overview", "/", style: problem.status >= 500 ? .usual : .primary)
        switch problem.status {
        case 401: return [Button("Sign in", "/sign-in", style: .primary)]
        // An empty address is that of the page itself.
        case 500...: return [Button("Try again", "", style: .primary), home]
        default: return [home]
        }
    }

    /// Disk and log are for whoever runs the portal, who finds the remedy by the error code.
    private static func remedy(_ problem: Problem, _ viewer: Viewer?) -> String {
        guard problem.status >= 500 else { return problem.remedy }
        let whom = viewer?.roles.contains(.oemAdmin) == true ? "whoever runs the portal" : "an OEM admin"
        return "Try again in a moment. If it does not pass, tell \(whom), with the request id below."
    }

    public static let template = #"""
        <section class="panel error-page"><h1 class="sr">{{title}}</h1>{{#note}}{{> empty}}{{/note}}
        <p class="panel-foot">Error code <code>{{code}}</code>{{#detail}} · {{.}}{{/detail}} · HTTP {{status}} · request id <code>{{requestID}}</code></p></section>
        """#
}
