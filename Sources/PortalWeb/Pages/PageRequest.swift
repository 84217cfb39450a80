import HTTPTypes
import Hummingbird
import PortalPages
import PortalProtocol
import Vocabulary

/// A request for a page, read and judged.
struct PageRequest: Sendable {
    /// Percent-decoded.
    let parameters: [String: String]
    let query: [String: String]
    /// Of a POST; a name that came several times has its values with commas between them.
    let form: [String: String]
    let path: String
    let session: PageSession?
    let viewer: Viewer?
    let api: PageAPI
    let time: Instant
    /// Host and port as the browser named the portal.
    let host: String

    func parameter(_ name: String) -> String { parameters[name] ?? "" }
    /// Path and query, to come back to.
    var address: String {
        let pairs = query.sorted { $0.key < $1.key }.map { "\(escaped($0.key))=\(escaped($0.value))" }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// As a part of an API path.
    func escapedParameter(_ name: String) -> String { escaped(parameter(name)) }

    func require() throws -> (PageSession, Viewer) {
        guard let session, let viewer else {
            throw APIProblem(
                problem: Problem(Refusal(PortalError.unauthenticated), status: 401, requestID: api.exchange.requestID)
            )
        }
        return (session, viewer)
    }

    /// The same browser's other form, under the cookie that its session has got meanwhile; nil where it has got none.
    func renewed(
        _ target: (path: String, parameters: [String: String], query: [String: String]),
        form: [String: String]
    ) async throws -> Self? {
        guard let cookie = api.cookies.session,
            let signedIn = try await api.mount.authenticator.signedIn(cookie: cookie)
        else { return nil }
        let session = PageSession(
            caller: signedIn.caller,
            person: signedIn.person,
            csrf: signedIn.csrf,
            needsSecondFactor: signedIn.needsSecondFactor
        )
        let api = PageAPI(
            table: api.table,
            mount: api.mount,
            exchange: api.exchange,
            headers: api.headers,
            session: session,
            cookies: api.cookies
        )
        return PageRequest(
            parameters: target.parameters,
            query: target.query,
            form: form,
            path: target.path,
            session: session,
            viewer: try await Self.viewer(session, api),
            api: api,
            time: time,
            host: host
        )
    }

    /// Who looks, as the page's frame says it.
    static func viewer(_ session: PageSession, _ api: PageAPI) async throws -> Viewer {
        guard !session.needsSecondFactor else {
            return Viewer(
                name: session.person.name,
                organisation: "",
                roles: session.person.roles,
                csrf: session.csrf
            )
        }
        let me = try await api.get("/v1/me", as: Me.self)
        return Viewer(
            name: me.person.name,
            organisation: me.organisation.name,
            roles: session.person.roles,
            csrf: session.csrf
        )
    }

    /// A form as it is shown first.
    func freshForm(tag: String? = nil, values: [String: String] = [:]) -> FormState {
        FormState(values: values, key: PageForm.newKey(), tag: tag, csrf: session?.csrf ?? "")
    }

    /// The form as it comes back with a refusal. Where somebody else was first, it stands beside what is there now.
    /// - Parameter isSaid: a field's error says all of it.
    func refusedForm(
        _ problem: Problem,
        errors: [String: String] = [:],
        isSaid: Bool = false,
        tag: String? = nil
    ) -> FormState {
        // Where no field can be marked, the refusal's detail is all that says which one is meant.
        let isLost = errors.isEmpty && problem.code == PortalProtocolError.malformedRequest.rawValue
        // A key that was used for another body can't be used again.
        return FormState(
            values: form,
            errors: errors,
            problem: isSaid ? nil : isLost ? problem : problem.forPeople(beside: errors.keys.first),
            key: problem.code == PortalError.keyReused.rawValue ? PageForm.newKey() : form["key"] ?? PageForm.newKey(),
            tag: tag ?? form["tag"],
            csrf: session?.csrf ?? ""
        )
    }
}

enum PageForm {
    /// Octets.
    static let largest = 65_536

    /// A form's one-time key: 128 random bits.
    static func newKey() -> String {
        var generator = SystemRandomNumberGenerator()
        return "form-" + Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// What `parse` reads.
    static func text(_ fields: [String: String]) -> String {
        fields.sorted { $0.key < $1.key }.map { "\(escaped($0.key))=\(escaped($0.value))" }.joined(separator: "&")
    }

    /// `application/x-www-form-urlencoded`. Throws `portal.request.malformed`.
    static func parse(_ bytes: [UInt8]) throws -> [String: String] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ParameterDecoding.malformed("form", "not UTF-8")
        }
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try ParameterDecoding.unescape(halves[0], "form", plusIsSpace: true)
            let value = halves.count == 2 ? try ParameterDecoding.unescape(halves[1], name, plusIsSpace: true) : ""
            // Browsers send line ends as CR LF.
            let clean = value.replacing("\r\n", with: "\n")
            values[name] = values[name].map { "\($0),\(clean)" } ?? clean
        }
        return values
    }
}

/// What a controller answers.
enum PageAnswer {
    case page(any PageView, status: Int = 200)
    /// 303 to a path of our own; `told` names what the next page says of what was done.
    case redirect(String, told: Told? = nil)
    case file([UInt8], type: String, name: String)
    case response(Response)
    /// What another request than the one that came is answered: a form's that was carried.
    indirect case instead(PageRequest, PageAnswer)
}

/// What was done, told once on the page that follows.
enum Told: String, CaseIterable {
    case batchGranted, batchClosing, batchRevoked, versionSubmitted, versionRejected, alarmAcknowledged, productCreated
    case productChanged, factoryCreated, workspaceOpened, invitationRevoked, tokenRevoked, personChanged,
        preparationAsked, certificatesTaken
    case approvalProposed, certificateRevoked, signaturesTaken, keyMade, versionCreated
    case roleKeysTaken, ordersTaken, edgeEnrolled
    case signedOut, passwordChanged, passwordSet, sessionEnded, sessionsEnded

    var words: String {
        switch self {
        case .batchGranted: "The batch is created; its package is being made."
        case .batchClosing: "The batch closes with the factory's next contact."
        case .batchRevoked: "The batch is revoked with the factory's next contact."
        case .versionSubmitted: "The version is in review."
        case .versionRejected: "The version is rejected."
        case .alarmAcknowledged: "The alarm is acknowledged."
        case .productCreated: "The product is created."
        case .productChanged: "The product is changed."
        case .factoryCreated: "The factory is enrolled. Its page leads on to its first device."
        case .workspaceOpened: "The ODM is in the workspace."
        case .invitationRevoked: "The link is revoked."
        case .tokenRevoked: "The token is revoked."
        case .personChanged: "The person is changed."
        case .preparationAsked: "The EdgeHSM will be asked with the factory's next contact."
        case .certificatesTaken: "The certificates are imported; they reach the factory with its next contact."
        case .approvalProposed: "The approval is proposed to the officers."
        case .certificateRevoked: "The certificate is refused from now on."
        case .signaturesTaken: "The signatures are imported."
        case .keyMade: "The keys are in the portal's token."
        case .versionCreated: "The version is a draft."
        case .roleKeysTaken: "The RoleKeys are in force."
        case .ordersTaken: "The officers' orders are imported; they reach the factories with their next contact."
        case .edgeEnrolled: "The EdgeHSM is enrolled."
        case .signedOut: "You are signed out."
        case .passwordChanged: "The password is changed; your other sessions have ended."
        case .passwordSet: "The password is set. Sign in with it."
        case .sessionEnded: "The session has ended."
        case .sessionsEnded: "The sessions have ended."
        }
    }
}
