public import PortalProtocol
import Statements
public import Vocabulary

/// One EdgeHSM: its identity as the officers enrolled it, its journal, the products that it may sign for.
public struct EdgePage: SheetPage {
    public static let name = "edge"
    public let title: String
    public let live: [LivePlace]
    let sheet: Sheet

    public struct Line: Sendable {
        public let field: String
        public let words: String
        public init(field: String, words: String) { (self.field, self.words) = (field, words) }
    }

    public struct Content: Sendable {
        public let factory: Factory
        public let journal: EdgeJournal
        /// Batches of the accounts, by their authorizations, as far as the viewer sees them.
        public let batches: [Digest256: Batch]
        /// The enrolment in words.
        public let enrolment: [Line]
        /// SHA-256 of the enrolment's payload.
        public let statement: Digest256
        public let signers: [String]
        /// Nil for whom they are not.
        public let preparations: [Preparation]?
        /// What contradicted the journal, oldest first; nil for whom it is not.
        public let evidence: Page<EvidenceView>?

        public init(
            factory: Factory,
            journal: EdgeJournal,
            batches: [Digest256: Batch] = [:],
            enrolment: [Line],
            statement: Digest256,
            signers: [String],
            preparations: [Preparation]?,
            evidence: Page<EvidenceView>?
        ) {
            (self.factory, self.journal, self.batches) = (factory, journal, batches)
            self.enrolment = enrolment
            (self.statement, self.signers) = (statement, signers)
            (self.preparations, self.evidence) = (preparations, evidence)
        }
    }

    public init(_ content: Content, viewer: Viewer, now: Instant) {
        let journal = content.journal
        let id = journal.edgeHSM.text
        let house = "/factories/\(journal.factory.text)"
        let place = "\(house)/edges/\(id)"
        title = id
        let link = journal.link(at: now)
        let state: Markup = .badge(link.tone, link.words)
        let figures = Self.figures(content, now)
        let consistency = Self.consistency(journal)
        let log = Self.log(journal, now)
        let accounts = Self.accounts(content, now)
        live = [
            LivePlace("state", state), LivePlace("figures", figures), LivePlace("consistency", consistency),
            LivePlace("log", log), LivePlace("accounts", accounts),
        ]
        let guide = journal.halted.map { HaltGuide(edge: journal.edgeHSM, kind: $0, factory: journal.factory) }
        let main =
            [HaltGuide.box([guide].compactMap { $0 }, viewer)].compactMap { $0 } + [
                Box("accounts", "Batches loaded", .live("accounts", accounts, tag: "div"), isFlush: true)
            ]
            + Self.boxes(content, place, consistency, log, now)
        sheet = Sheet(
            Head(
                id,
                crumbs: [("Factories", "/factories"), (content.factory.name, house)],
                badges: .live("state", state),
                lead:
                    "An EdgeHSM at \(.link(content.factory.name, house)). It executes what is authorized, and nothing else.",
                actions: [
                    Button("Enrolment", "\(place)/enrolment.json", icon: .export, isDownload: true)
                ],
                isLive: true
            ),
            notes: Self.notes(journal, viewer),
            stats: .live("figures", figures, tag: "div"),
            main: main,
            side: [Box("identity", "Identity", Self.identity(content), note: "as the officers signed it")]
        )
    }

    private static func boxes(
        _ content: Content,
        _ place: String,
        _ consistency: Markup,
        _ log: Markup,
        _ now: Instant
    ) -> [Box] {
        var main: [Box] = []
        if let preparations = content.preparations {
            main.append(
                Box(
                    "products",
                    "Products with keys in it",
                    products(preparations, content.journal.halted, place, now),
                    note: "PAI and debug keys, born there",
                    isFlush: true
                )
            )
        }
        main.append(
            Box(
                "journal",
                "Journal",
                """
                <p>\(.live("consistency", consistency))</p>\
                \(.live("log", log, tag: "div"))\
                \(check(content.journal.edgeHSM.text))
                """,
                note: "what it did, hash by hash"
            )
        )
        if let evidence = content.evidence {
            main.append(
                Box("evidence", "What contradicted its journal", Self.evidence(evidence, place, now), isFlush: true)
            )
        }
        return main
    }

    private static func notes(_ journal: EdgeJournal, _ viewer: Viewer) -> [Note] {
        guard let halted = journal.halted else { return [] }
        let remedy: Markup =
            viewer.isOEM
            ? "The \(.link("evidence", "#evidence")) stands below, and \(.link("what to do now", "#halt")). \(.link("Officers' orders", "/keys/orders")) alone lift this."
            : "The OEM's officers decide about it. \(.link("What to do now", "#halt")) stands below."
        return [Note(.bad, "No package is made for it: its journal was \(halted)", remedy)]
    }

    static func products(_ preparations: [Preparation], _ halted: String?, _ place: String, _ now: Instant) -> Markup {
        .table(
            "Products",
            [
                .init("Product"), .init(ReviewWords.ids, .tight), .init("State", .tight), .init("Since", .tight),
                .init("Files", .tight),
            ],
            preparations.map { item in
                let file: Markup =
                    item.certificates == nil
                    ? .none : .link("Certificates", "\(place)/certificates/\(item.product.text)/certificates.json")
                return [
                    .link(item.product.text, "/products/\(item.product.text)"),
                    .code("\(item.vendorID) / \(item.productID)"), halted == nil ? item.state : item.stoppedState,
                    .ago(item.certificates?.installedAt ?? item.receivedAt ?? item.askedAt, now: now), file,
                ]
            },
            empty: Empty(
                .key,
                "Nothing was prepared through the portal",
                "Keys that its enrolment ceremony certified are in the EdgeHSM; the portal is not asked for them."
            )
        )
    }

    static func evidence(_ page: Page<EvidenceView>, _ place: String, _ now: Instant) -> Markup {
        let more: Markup =
            page.next == nil
            ? .empty
            : "<p class=\"panel-foot\">The first \(page.items.count) are shown; the API lists all of them.</p>"
        guard !page.items.isEmpty else {
            return
                "<p class=\"panel-body muted\">Nothing contradicts it. A second history or a restored tail would be kept here, as it was signed.</p>"
        }
        return .table(
            "Evidence",
            [
                .init("Finding"), .init("Held", .number), .init("Entries", .number), .init("Noted", .tight),
                .init("File", .tight),
            ],
            page.items.map { item in
                [
                    .text(item.kind.prefix(1).uppercased() + item.kind.dropFirst()), .number(item.heldSize),
                    .number(item.entries), .ago(item.notedAt, now: now),
                    .link("Evidence \(item.number.value)", "\(place)/evidence/\(item.number.value)/evidence.json"),
                ]
            }
        ) + more
    }
}

extension Preparation {
    var state: Markup {
        if certificates?.installedAt != nil { return .badge(.ok, "Ready") }
        if certificates != nil { return .badge(.info, "Certificates on the way") }
        return receivedAt != nil ? .badge(.warn, "Waits for the ceremony") : .badge(.info, "Asked")
    }

    /// In an EdgeHSM that is stopped: the keys are there, and nothing is made with them.
    var stoppedState: Markup {
        certificates?.installedAt == nil ? state : .badge(.idle, "Inside, not in use", isOpen: true)
    }
}
