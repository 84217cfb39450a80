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
            enrolment: [Line],
            statement: Digest256,
            signers: [String],
            preparations: [Preparation]?,
            evidence: Page<EvidenceView>?
        ) {
            (self.factory, self.journal, self.enrolment) = (factory, journal, enrolment)
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
        let log = Self.log(journal, now)
        let accounts = Self.accounts(journal)
        live = [LivePlace("state", state), LivePlace("log", log), LivePlace("accounts", accounts)]
        var main = [Box("accounts", "What is loaded", .live("accounts", accounts, tag: "div"), isFlush: true)]
        if let preparations = content.preparations {
            main.append(
                Box(
                    "products",
                    "Products with keys in it",
                    Self.products(preparations, place, now),
                    note: "PAI and debug keys, born there",
                    isFlush: true
                )
            )
        }
        if let evidence = content.evidence {
            main.append(
                Box("evidence", "What contradicted its journal", Self.evidence(evidence, place, now), isFlush: true)
            )
        }
        sheet = Sheet(
            Head(
                id,
                crumbs: [("Factories", "/factories"), (content.factory.name, house)],
                badges: .live("state", state),
                lead: "An EdgeHSM at \(content.factory.name). It executes what is authorized, and nothing else.",
                actions: [
                    Button("Enrolment", "\(place)/enrolment.json", icon: .export, isDownload: true)
                ],
                isLive: true
            ),
            notes: Self.notes(journal, viewer),
            main: main,
            side: [
                Box("identity", "Identity", Self.identity(content), note: "as the officers signed it"),
                Box("journal", "Journal", .live("log", log, tag: "div")),
            ]
        )
    }

    private static func notes(_ journal: EdgeJournal, _ viewer: Viewer) -> [Note] {
        guard let halted = journal.halted else { return [] }
        let remedy: Markup =
            viewer.isOEM
            ? "The evidence stands below. Officers who leave it in service lift this by \(.link("an order", "/keys/orders")) whose reason names it."
            : "The OEM's officers look into it."
        return [Note(.bad, "No package is made for it: its journal was \(halted)", remedy)]
    }

    private static func identity(_ content: Content) -> Markup {
        let lines = content.enrolment.map { line in (line.field, Markup.text(line.words)) }
        let rest: [(String, Markup)] = [
            ("Signed by", .text(content.signers.joined(separator: ", "))),
            ("Statement", .copyable(content.statement.hex, id: "enrolment-statement", name: "statement digest")),
        ]
        return .of(Definitions(lines + rest))
    }

    private static func log(_ journal: EdgeJournal, _ now: Instant) -> Markup {
        .of(
            Definitions([
                ("Software", .text(journal.softwareVersion ?? "not told yet")),
                ("Entries stored", .number(journal.storedSize)),
                ("Root", .copyable(journal.storedRoot.hex, id: "root", name: "root")),
                ("Epoch", "\(journal.epoch)"),
                ("Newest checkpoint", journal.checkpointTime.map { .ago($0, now: now) } ?? "none yet"),
                ("Heard", journal.heardAt.map { .ago($0, now: now) } ?? "never"),
                (
                    "In quarantine",
                    journal.quarantined == 0 ? .number(0) : .link(Format.number(journal.quarantined), "/alarms")
                ),
            ])
        )
    }

    private static func accounts(_ journal: EdgeJournal) -> Markup {
        .table(
            "Authorizations",
            [
                .init("Authorization"), .init("Granted", .number), .init("Issued", .number), .init("Burned", .number),
                .init("Returned", .number), .init("Remaining", .number),
            ],
            journal.accounts.map { account in
                [
                    "<a href=\"/devices?batch=\(account.authorization.hex)\">\(.digest(account.authorization.hex))</a>",
                    .number(account.granted), .number(account.issued), .number(account.burned),
                    .number(account.returned), .number(account.remaining),
                ]
            },
            empty: Empty(
                .batch,
                "No authorization is loaded",
                "A batch that is granted here stands in this list once the EdgeHSM has loaded its package."
            )
        )
    }

    private static func products(_ preparations: [Preparation], _ place: String, _ now: Instant) -> Markup {
        .table(
            "Products",
            [
                .init("Product"), .init("Scope", .tight), .init("State", .tight), .init("Since", .tight),
                .init("Files", .tight),
            ],
            preparations.map { item in
                let file: Markup =
                    item.certificates == nil
                    ? .none : .link("Certificates", "\(place)/certificates/\(item.product.text)/certificates.json")
                return [
                    .link(item.product.text, "/products/\(item.product.text)"),
                    .code("\(item.vendorID) / \(item.productID)"), item.state,
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

    private static func evidence(_ page: Page<EvidenceView>, _ place: String, _ now: Instant) -> Markup {
        let more: Markup =
            page.next == nil
            ? .empty
            : "<p class=\"panel-foot\">The first \(page.items.count) are shown; the API lists all of them.</p>"
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
            },
            empty: Empty(
                .shield,
                "Nothing contradicts this journal",
                "A second history, a restored tail or a missing end would be kept here with its signatures."
            )
        ) + more
    }
}

extension Preparation {
    var state: Markup {
        if certificates?.installedAt != nil { return .badge(.ok, "Ready") }
        if certificates != nil { return .badge(.info, "Certificates on the way") }
        return receivedAt != nil ? .badge(.warn, "Waits for the ceremony") : .badge(.info, "Asked")
    }
}
