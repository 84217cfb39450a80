import Vocabulary

/// An act of the portal's log as a sentence: who did what to what.
enum AuditWords {
    /// Who acts, for a reader who has not seen the log's own words.
    static func actor(_ actor: String, _ names: (String) -> String?) -> String {
        switch actor {
        case "portal": "The portal"
        case "nobody": "Somebody not signed in"
        default: names(actor) ?? actor
        }
    }

    /// `createBatch` as `Create batch`: what the filter offers.
    static func title(_ action: String) -> String {
        let (verb, rest) = parts(action)
        let text = rest.isEmpty ? verb : "\(verb) \(rest)"
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// What is said before the object's name, and what stands between: `created batch `, `uploaded stick, `.
    static func predicate(_ action: String, isDone: Bool, of place: AuditPage.Place?) -> (words: String, joint: String)
    {
        let (verb, rest) = parts(action)
        let said = isDone ? past(verb) : "tried to \(verb)"
        guard let place else { return (rest.isEmpty ? said : "\(said) \(rest)", ": ") }
        let noun = place.kind.words
        guard rest.lowercased() == noun.lowercased() else {
            return (rest.isEmpty ? said : "\(said) \(rest)", rest.isEmpty ? " " : ", ")
        }
        // Alarm 1 says itself what it is, and people are known by their names.
        let isSaid = place.kind == .person || place.name.lowercased().hasPrefix(noun.lowercased())
        return (isSaid ? said : "\(said) \(noun)", " ")
    }

    private static func parts(_ action: String) -> (verb: String, rest: String) {
        if let known = whole[action] { return known }
        var words: [String] = []
        for character in action {
            let isStart = character.isUppercase && !(words.last?.last?.isUppercase ?? false)
            if isStart || words.isEmpty {
                words.append(String(character))
            } else {
                words[words.count - 1].append(character)
            }
        }
        let lower = words.map { $0.count > 1 && $0.allSatisfy(\.isUppercase) ? $0 : $0.lowercased() }
        let verb = lower.first ?? action
        let rest = lower.dropFirst().joined(separator: " ")
        return (verbs[verb] ?? verb, nouns.reduce(rest) { $0.replacing($1.key, with: $1.value) })
    }

    private static func past(_ verb: String) -> String {
        if let known = pasts[verb] { return known }
        if verb.hasSuffix("e") { return verb + "d" }
        return verb.hasSuffix("y") ? verb.dropLast() + "ied" : verb + "ed"
    }

    /// The API's verbs in those of people.
    private static let verbs = ["put": "upload", "make": "create", "get": "read"]
    private static let nouns = ["role keys": "RoleKeys", "edge": "EdgeHSM"]
    private static let pasts = [
        "take back": "took back", "begin": "began", "forget": "forgot", "read": "read", "sign": "signed",
        "sign in": "signed in", "sign out": "signed out", "set up": "set up", "halt": "stopped", "submit": "submitted",
        "look for": "looked for",
    ]
    /// Where taking the name apart says it badly.
    private static let whole: [String: (String, String)] = [
        "signIn": ("sign in", ""), "signOut": ("sign out", ""), "setUp": ("set up", "the portal"),
        "takeBackGovernance": ("take back", "governance"), "haltJournal": ("halt", "journal"),
        "askPreparation": ("ask", "for a preparation"), "unknownObjects": ("look for", "what is not there"),
        "revokeSessionsOfPerson": ("revoke", "all sessions"), "reviewVersion": ("review", "version"),
        "verifySession": ("prove", "who it is again"), "joinFactory": ("join", "factory"),
        "putCertificates": ("upload", "certificates"), "addApprovalSignatures": ("add", "signatures to an approval"),
    ]
}

extension AuditPage {
    /// What an act was upon, where it has a name or a page.
    public struct Place: Sendable {
        public enum Kind: String, Sendable {
            case person, factory, product, version, batch, alarm, invitation, organisation, edge

            var words: String { self == .edge ? "EdgeHSM" : rawValue }
        }

        public let kind: Kind
        public let name: String
        /// Nil where it has no page.
        public let address: String?

        public init(_ kind: Kind, _ name: String, _ address: String?) {
            (self.kind, self.name, self.address) = (kind, name, address)
        }
    }

    /// Who acts, as a sentence calls them.
    public static func actor(_ id: String, names: (String) -> String?) -> String { AuditWords.actor(id, names) }

    /// The act as a sentence; ids, for the filter and for whoever looks into it, in a fold beneath.
    static func sentence(_ entry: Entry) -> Markup {
        let (said, joint) = AuditWords.predicate(entry.action, isDone: entry.outcome == "done", of: entry.place)
        let object: Markup =
            entry.place.map { place in
                let name: Markup = place.address.map { .link(place.name, $0) } ?? .text(place.name)
                return "\(joint)\(name)"
            } ?? template(entry.object)
        let ids = Definitions([
            ("Action", .code(entry.action)), ("Object", .whole(entry.object)), ("Person", .whole(entry.actorID)),
            ("Request", .whole(entry.requestID.isEmpty ? "none" : entry.requestID)),
        ])
        return """
            <p><span class="strong">\(entry.actor)</span> \(said)\(object)</p>\
            <details class="details"><summary>\(Icon.chevron.markup)Ids<span class="sr"> of entry \(Format.number(entry.position + 1))</span></summary>\
            \(Markup.of(ids))</details>
            """
    }

    /// A refusal's object is its route: what it would have been, for which one it was is not entered.
    private static func template(_ object: String) -> Markup {
        guard let last = object.matches(of: /\{([a-z]+)\}/).last else { return .empty }
        return
            " of \(last.1.first.map { "aeiou".contains($0) } == true ? "an" : "a") \(last.1 == "edge" ? "EdgeHSM" : String(last.1))"
    }

    /// Times, digests and numbers in it as the rest of the page writes them.
    static func detail(_ text: String) -> Markup {
        if let repeated = text.wholeMatch(of: /([0-9]+) more since ([0-9TZ:-]+)/), let count = Int(repeated.1) {
            let since = (try? Instant(String(repeated.2))).map { Markup.time($0) } ?? .text(String(repeated.2))
            return "The same was refused \(Format.number(count)) more time\(count == 1 ? "" : "s") since \(since)."
        }
        var (rest, shown) = (Substring(text), Markup.empty)
        while let found = rest.firstMatch(
            of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z|\b[0-9a-f]{64}\b|\bentry [0-9]{4,15}\b/
        ) {
            let part = String(found.0)
            shown += .text(String(rest[..<found.range.lowerBound]))
            if part.hasPrefix("entry "), let number = Int(part.dropFirst(6)) {
                shown += .text("entry \(Format.number(number))")
            } else if part.count == 64 {
                shown += .digest(part)
            } else {
                shown += (try? Instant(part)).map { .time($0) } ?? .text(part)
            }
            rest = rest[found.range.upperBound...]
        }
        return shown + .text(String(rest))
    }
}
