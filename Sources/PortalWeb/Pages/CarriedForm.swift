import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// A form that waits until its person has proved who they are: the page that asks for it carries what was entered.
enum CarriedForm {
    /// What is typed again: it stands in no page.
    private static let secrets: Set<String> = ["password", "current", "new", "code", "recoveryCode"]
    /// Octets, as a field of another form.
    private static let largest = PageForm.largest / 2

    /// The form, where its session has ended meanwhile; nil where it can't be carried through sign-in.
    ///
    /// It is the ended session's own: its token belongs to the cookie that came with it, and a browser said that it comes from
    /// a page of ours. Nobody else can have it done by whoever signs in next.
    static func ended(_ route: PageRoute, _ look: PageRequest) -> String? {
        guard look.session == nil, route.method == .post, !route.isOpen, !route.isForIncomplete,
            look.api.headers[.origin] != nil, PageTarget.own(look.address) != nil,
            belongs(look.form, to: look), look.form.allSatisfy({ !secrets.contains($0.key) || $0.value.isEmpty })
        else { return nil }
        let text = PageForm.text(look.form)
        return escaped(text).utf8.count <= largest ? text : nil
    }

    /// Does what a form asked for whose session had ended, where the same person has signed in. Nil where none is carried, or
    /// another's.
    static func afterSignIn(_ look: PageRequest, _ next: String?) async throws -> PageAnswer? {
        guard let next, let form = try form(look), belongs(form, to: look),
            let cookie = BrowserFacts(headers: look.api.headers).session,
            let owner = try await look.api.mount.authenticator.identities.owner(ofSession: Digest256.of(cookie.utf8)),
            let (route, ready) = try await ready(look, next, form), ready.session?.person.id == owner
        else { return nil }
        return try await perform(route, ready)
    }

    /// The same after a fresh proof: the session is the form's own.
    static func afterProof(_ look: PageRequest, _ next: String) async throws -> PageAnswer? {
        guard let form = try form(look), let (route, ready) = try await ready(look, next, form) else { return nil }
        return try await perform(route, ready)
    }

    private static func form(_ look: PageRequest) throws -> [String: String]? {
        guard let carried = look.form["carried"], !carried.isEmpty else { return nil }
        return try PageForm.parse(Array(carried.utf8))
    }

    private static func belongs(_ form: [String: String], to look: PageRequest) -> Bool {
        guard let cookie = BrowserFacts(headers: look.api.headers).session, let given = form["csrf"] else {
            return false
        }
        return constantTimeEqual(Array(given.utf8), Array(SessionCookie.csrf(of: cookie).utf8))
    }

    /// The form's own page, under the session that the browser has got.
    private static func ready(
        _ look: PageRequest,
        _ next: String,
        _ form: [String: String]
    ) async throws -> (PageRoute, PageRequest)? {
        let parts = next.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let query = try ParameterDecoding.query(parts.count > 1 ? parts[1] : nil)
        for route in PageSite.pages where route.method == .post && !route.isOpen && !route.isForIncomplete {
            guard let escaped = route.template.parameters(of: parts[0]) else { continue }
            let parameters = try escaped.mapValues { try ParameterDecoding.unescape($0[...], "path") }
            let target = (path: parts[0], parameters: parameters, query: query)
            guard let ready = try await look.renewed(target, form: form.filter { $0.key != "csrf" }),
                ready.session?.needsSecondFactor == false
            else { return nil }
            return (route, ready)
        }
        return nil
    }

    /// As its own page would: under the same rules, and once, by the form's own key or tag.
    private static func perform(_ route: PageRoute, _ ready: PageRequest) async throws -> PageAnswer {
        do { return .instead(ready, try await route.handler(ready)) } catch let problem as APIProblem {
            let page = RefusedPage(problem.problem, viewer: ready.viewer)
            return .instead(ready, .page(page, status: problem.problem.status))
        }
    }
}
