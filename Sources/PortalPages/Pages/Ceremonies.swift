import PortalProtocol
import Vocabulary

/// What ceremonies did, as the portal saw it: what came of them, when, and who brought it. What belongs together is one line.
enum Ceremonies {
    private static let most = 12
    /// Seconds between two things that one ceremony made.
    private static let gap: Int64 = 600

    struct Act: Equatable {
        enum Kind: Equatable { case roleKeys, enrolled, certified }
        let kind: Kind
        let time: Instant
        let title: Markup
        /// What it was about: an EdgeHSM, with the product whose keys they were.
        var details: [Detail]
        let who: Markup
    }

    struct Detail: Equatable {
        var product: String?
        let words: Markup
    }

    /// Nil where nothing is known.
    static func table(_ content: KeysPage.Content, _ viewer: Viewer, _ now: Instant) -> Markup? {
        let acts = gathered(roleKeys(content) + enrolments(content) + certificates(content, viewer))
        guard !acts.isEmpty else { return nil }
        let more: Markup =
            acts.count > most
            ? "<p class=\"panel-foot\">Older ones are in \(.link("the audit log", "/audit")).</p>" : .empty
        return .table(
            "Ceremonies",
            [.init("What"), .init("When", .tight), .init("Who")],
            acts.prefix(most).map { act in
                [.sub(act.title, words(act.details)), .sub(.time(act.time), .ago(act.time, now: now)), act.who]
            }
        ) + more
    }

    /// Newest first; acts of one kind by one person, shortly after each other, are one.
    static func gathered(_ acts: [Act]) -> [Act] {
        var gathered: [(act: Act, oldest: Instant)] = []
        for act in acts.enumerated().sorted(by: { ($0.element.time, $1.offset) > ($1.element.time, $0.offset) }).map(
            \.element
        ) {
            if let last = gathered.last, act.kind != .roleKeys, last.act.kind == act.kind, last.act.who == act.who,
                last.oldest - act.time <= gap
            {
                let details = act.details.filter { !last.act.details.contains($0) }
                gathered[gathered.count - 1].act.details += details
                gathered[gathered.count - 1].oldest = act.time
            } else {
                gathered.append((act, act.time))
            }
        }
        return gathered.map(\.act)
    }

    /// `bulb in edge-1, edge-2; plug in edge-1`.
    static func words(_ details: [Detail]) -> Markup {
        var groups: [(product: String?, words: [Markup])] = []
        for detail in details {
            if let place = groups.firstIndex(where: { $0.product == detail.product }) {
                groups[place].words.append(detail.words)
            } else {
                groups.append((detail.product, [detail.words]))
            }
        }
        return groups.map { group in
            let words = group.words.joined(", ")
            return group.product.map { "\($0) in \(words)" } ?? words
        }
        .joined("; ")
    }

    private static func roleKeys(_ content: KeysPage.Content) -> [Act] {
        var before: KeysPage.Chain?
        return content.chain.map { keys in
            defer { before = keys }
            let officers = keys.officers.map(\.holder)
            let old = before?.officers.map(\.holder) ?? []
            let come = officers.filter { !old.contains($0) }
            let gone = old.filter { !officers.contains($0) }
            let rule = "\(keys.threshold) of \(officers.count) officers must sign"
            let changes = [
                come.isEmpty || before == nil ? nil : "\(come.joined(separator: ", ")) added",
                gone.isEmpty ? nil : "\(gone.joined(separator: ", ")) removed",
            ].compactMap { $0 }
            return Act(
                kind: .roleKeys,
                time: keys.issuedAt,
                title: "RoleKeys, version \(keys.version), signed",
                details: ([rule] + changes).map { Detail(words: .text($0)) },
                who: before == nil ? "root authority" : "root authority of version \(before?.version ?? 0)"
            )
        }
    }

    private static func edge(_ id: EdgeHSMID, _ content: KeysPage.Content) -> Markup {
        content.edges.first { $0.id == id }.map { .link(id.text, "/factories/\($0.factory.text)/edges/\(id.text)") }
            ?? .text(id.text)
    }

    private static func enrolments(_ content: KeysPage.Content) -> [Act] {
        guard !content.chain.isEmpty else { return [] }
        return content.edges.map {
            Act(
                kind: .enrolled,
                time: $0.enrolledAt,
                title: "EdgeHSMs enrolled",
                details: [Detail(words: edge($0.id, content))],
                who: "officers, by their signatures"
            )
        }
    }

    private static func certificates(_ content: KeysPage.Content, _ viewer: Viewer) -> [Act] {
        (content.preparations ?? []).compactMap { item in
            item.certificates.map {
                Act(
                    kind: .certified,
                    time: $0.uploadedAt,
                    title: "PAIs and debug keys certified",
                    details: [Detail(product: item.product.text, words: edge(item.edgeHSM, content))],
                    who: "brought by \(viewer.name(of: $0.uploadedBy, content.names))"
                )
            }
        }
    }
}
