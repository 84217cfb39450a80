public import PortalProtocol
public import Vocabulary

public struct FactoryListPage: SheetPage {
    public static let name = "factories"
    public let title = "Factories"
    public let live: [LivePlace]
    let sheet: Sheet

    /// - Parameter hasODM: there is one that a factory could belong to.
    public init(
        _ overview: Overview,
        organisations: [OrganisationID: String],
        hasODM: Bool = true,
        viewer: Viewer
    ) {
        let now = overview.time
        let actions = Self.actions(viewer, hasODM)
        var places: [LivePlace] = []
        func place(_ key: String, _ content: Markup) -> Markup {
            places.append(LivePlace(key, content))
            return .live(key, content)
        }
        let rows = overview.factories.map { progress -> [Markup] in
            let factory = progress.factory
            let key = factory.id.text
            let states = progress.edges.map { edge -> Markup in
                let link = edge.link(at: now)
                let box: Markup = .link(edge.edgeHSM.text, "/factories/\(key)/edges/\(edge.edgeHSM.text)")
                return "\(box) \(.badge(link.tone, link.words))"
            }
            let checkpoints = progress.edges.map {
                $0.checkpointTime.map { Markup.ago($0, now: now) } ?? .none("none yet")
            }
            let odm = organisations[factory.organisation] ?? factory.organisation.text
            let owner: [Markup] =
                viewer.isOEM ? [.link(odm, "/people?organisation=\(factory.organisation.text)")] : []
            let alarms = progress.critical + progress.warnings
            return [
                .sub(.link(factory.name, "/factories/\(key)"), "\(key) · \(factory.country)")
            ] + owner + [
                place("\(key)-edges", states.isEmpty ? "No EdgeHSM yet" : states.joined("<br>")),
                place("\(key)-checkpoints", checkpoints.joined("<br>")),
                place("\(key)-today", .number(progress.today.devicesPassed)),
                place("\(key)-rate", progress.rate.markup),
                place("\(key)-alarms", alarms == 0 ? .number(0) : .count(alarms, progress.critical > 0 ? .bad : .warn)),
            ]
        }
        sheet = Sheet(
            Head("Factories", lead: "Where it is made: links, EdgeHSMs, journals.", actions: actions, isLive: true),
            main: [
                Box(
                    "list",
                    "All factories",
                    .table(
                        "Factories",
                        // An ODM's list has its own alone.
                        [.init("Factory")] + (viewer.isOEM ? [.init("ODM")] : []) + [
                            .init("EdgeHSM", .tight), .init("Checkpoint", .tight),
                            .init("Passed today", .number), .init("Rate", .number), .init("Open alarms", .number),
                        ],
                        rows,
                        empty: Empty(
                            .factory,
                            "No factory yet",
                            Self.words(viewer, hasODM),
                            actions
                        )
                    ),
                    isFlush: true
                )
            ]
        )
        live = places
    }

    private static func actions(_ viewer: Viewer, _ hasODM: Bool) -> [Button] {
        guard viewer.roles.contains(.oemAdmin) else { return [] }
        return hasODM
            ? [Button("Enrol a factory", "/factories/new", icon: .plus, style: .primary)]
            : [Button("Invite an ODM", "/people/invite?kind=odm", icon: .people, style: .primary)]
    }

    private static func words(_ viewer: Viewer, _ hasODM: Bool) -> Markup {
        guard viewer.isOEM else {
            return
                "An OEM admin enrols your factory; it appears here then. Tell them its town and its time zone."
        }
        return hasODM
            ? "Enrolment leads from its name to its first device, step by step."
            : "A factory belongs to an ODM, so an ODM comes first. Enrolment then leads from the factory's name to its first device."
    }
}

/// One factory: its EdgeHSMs, journals, certificates, preparations; and how far its enrolment is.
public struct FactoryPage: SheetPage {
    public static let name = "factory"
    public let title: String
    public let live: [LivePlace]
    let sheet: Sheet

    public struct Edge: Sendable {
        public let journal: EdgeJournal
        public let enrolledAt: Instant
        public let preparations: [Preparation]

        public init(journal: EdgeJournal, enrolledAt: Instant, preparations: [Preparation]) {
            (self.journal, self.enrolledAt, self.preparations) = (journal, enrolledAt, preparations)
        }
    }

    public struct Content: Sendable {
        public let progress: FactoryProgress
        public let organisation: String
        public let edges: [Edge]
        /// The newest; there may be older ones.
        public let certificates: [SiteCertificate]
        public let hasMoreCertificates: Bool
        public let recent: ProductionSeries
        public let alarms: [AlarmView]
        public let products: [ProductName]
        /// Host and port of the portal, as the browser names it.
        public let host: String

        public init(
            progress: FactoryProgress,
            organisation: String,
            edges: [Edge],
            certificates: [SiteCertificate],
            hasMoreCertificates: Bool = false,
            recent: ProductionSeries,
            alarms: [AlarmView],
            products: [ProductName],
            host: String = ""
        ) {
            (self.progress, self.organisation, self.edges) = (progress, organisation, edges)
            (self.certificates, self.hasMoreCertificates) = (certificates, hasMoreCertificates)
            (self.recent, self.alarms, self.products) = (recent, alarms, products)
            self.host = host
        }
    }

    public init(_ content: Content, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let (progress, factory) = (content.progress, content.progress.factory)
        title = factory.name
        let place = "/factories/\(factory.id.text)"
        let offset = Format.offset(of: factory.timeZone, at: now) ?? 0
        let figures = Self.figures(content)
        let chart = Markup.production(content.recent, zone: factory.timeZone, at: now)
        let edges = Self.edges(content, now)
        let preparations = Self.preparations(content, viewer, now)
        var actions: [Button] = []
        if viewer.roles.contains(.oemAdmin) {
            actions.append(Button("Joining code", "\(place)?do=join", icon: .link, dialog: "dialog-join"))
            actions.append(Button("Enrol an EdgeHSM", "\(place)?do=enrol", icon: .upload, dialog: "dialog-enrol"))
            if !content.edges.isEmpty {
                actions.append(Button("Prepare a product", "\(place)?do=prepare", dialog: "dialog-prepare"))
            }
        }
        let isNew = progress.today.issued == 0 && content.edges.allSatisfy { $0.journal.accounts.isEmpty }
        let stopped = progress.edges.compactMap { edge in
            edge.halted.map { HaltGuide(edge: edge.edgeHSM, kind: $0, factory: factory.id) }
        }
        var main = [HaltGuide.box(stopped, viewer)].compactMap { $0 }
        var places: [LivePlace] = []
        if isNew { main.append(Box("steps", "To the first device", Self.steps(content, viewer))) }
        // What has nothing to show yet would only push the steps away.
        if !isNew || !content.edges.isEmpty {
            places += [LivePlace("edges", edges), LivePlace("preparations", preparations)]
            main.append(Box("edges", "EdgeHSMs", .live("edges", edges, tag: "div"), isFlush: true))
        }
        if !isNew {
            places += [LivePlace("figures", figures), LivePlace("chart", chart)]
            main.append(
                Box(
                    "production",
                    "Production",
                    .live("chart", chart, tag: "div"),
                    note:
                        "In steps of five minutes, the last \(Format.duration(Int64(content.recent.points.count) * 300))"
                )
            )
        }
        if !isNew || !content.edges.isEmpty {
            main.append(
                Box(
                    "preparations",
                    "Products prepared here",
                    .live("preparations", preparations, tag: "div"),
                    actions: Self.preparationActions(content, place, viewer),
                    isFlush: true
                )
            )
        }
        live = places
        sheet = Sheet(
            Head(
                factory.name,
                crumbs: [("Factories", "/factories")],
                lead:
                    "\(factory.id.text) of \(content.organisation), \(factory.country), \(Format.clock(now, east: offset)) in \(Format.place(factory.timeZone))",
                actions: actions,
                isLive: true
            ),
            notes: progress.haltNotes(viewer),
            form: form,
            stats: isNew ? .empty : .live("figures", figures, tag: "div"),
            main: main,
            side: [
                isNew && content.alarms.isEmpty ? nil : Box("alarms", "Open alarms", Self.alarms(content, now)),
                Box(
                    "certificates",
                    "Factory Services",
                    Self.certificates(content, now),
                    actions: Self.certificateActions(content, place, viewer, now)
                ),
                Box("stick", "Without a link", Self.stick(content, place, form, viewer)),
                isNew && content.certificates.isEmpty
                    ? nil
                    : Box(
                        "events",
                        "What the factory says",
                        "<p class=\"small muted\">Its own word, beside what its EdgeHSMs prove.</p><p>\(Markup.of(Button("Site events", "\(place)/events", isSmall: true)))</p>"
                    ),
            ].compactMap { $0 },
            dialogs: Self.dialogs(content, place, form, opened, viewer, now)
        )
    }

    private static func figures(_ content: Content) -> Markup {
        let today = content.progress.today
        return .of(
            Stats([
                .init("Passed today", .number(today.devicesPassed), today.passedNote),
                .init("Yield today", .text(today.yield), today.yieldNote),
                .init("Rate now", content.progress.rate.markup, content.progress.rate.note),
                .init(
                    "Journal entries",
                    .number(content.edges.reduce(0) { $0 + $1.journal.storedSize }),
                    "stored and judged"
                ),
            ])
        )
    }

    private static func edges(_ content: Content, _ now: Instant) -> Markup {
        .table(
            "EdgeHSMs",
            [
                .init("EdgeHSM"), .init("State", .tight), .init("Journal", .number), .init("Journal root", .tight),
                .init("Checkpoint", .tight), .init("Quarantine", .number), .init("Software", .tight),
            ],
            content.edges.enumerated().map { index, edge in
                let journal = edge.journal
                let state = journal.link(at: now)
                return [
                    .sub(
                        .link(journal.edgeHSM.text, "/factories/\(journal.factory.text)/edges/\(journal.edgeHSM.text)"),
                        "enrolled \(.date(edge.enrolledAt)), epoch \(journal.epoch)"
                    ),
                    .sub(
                        .badge(state.tone, state.words),
                        journal.heardAt.map { "heard \(.ago($0, now: now))" } ?? .empty
                    ),
                    .number(journal.storedSize),
                    .folded(journal.storedRoot.hex, id: "journal-root-\(index)", name: "journal root"),
                    journal.checkpointTime.map { .ago($0, now: now) } ?? .none("none yet"),
                    journal.quarantined == 0 ? .number(0) : .count(journal.quarantined),
                    journal.softwareVersion.map { .text($0) } ?? .none("not told yet"),
                ]
            },
            empty: Empty(
                .device,
                "No EdgeHSM yet",
                "The officers sign its enrolment while the OEM holds the EdgeHSM; then an OEM admin imports it here."
            ),
            style: "folds"
        )
    }

    private static func command(_ text: String, _ id: String) -> Markup {
        .of(CodeBlock(command: text, id: "\(id)-command", label: "Command of this step"))
    }

    private static func alarms(_ content: Content, _ now: Instant) -> Markup {
        guard !content.alarms.isEmpty else { return "<p class=\"muted\">No alarm is open.</p>" }
        let more: Markup =
            content.alarms.count > 8
            ? "<p class=\"small\">\(.link("More of them", "/alarms"))</p>" : .empty
        return .of(
            Timeline(
                content.alarms.prefix(8).map {
                    .init(
                        $0.severity.tone,
                        .link($0.words, "/alarms#alarm-\($0.number.value)"),
                        when: .ago($0.lastAt, now: now),
                        detail: .text($0.meaning ?? $0.edgeHSM.text)
                    )
                }
            )
        ) + more
    }

    /// The guided flow: what is done is ticked, what comes next is told with its command.
    private static func steps(_ content: Content, _ viewer: Viewer) -> Markup {
        let hasJoined = content.certificates.contains { $0.revokedAt == nil }
        let isEnrolled = !content.edges.isEmpty
        let isHeard = content.edges.contains { $0.journal.storedSize > 0 }
        let isPrepared = content.edges.contains { $0.preparations.contains { $0.certificates?.installedAt != nil } }
        let factory = content.progress.factory.id.text
        let isAdmin = viewer.roles.contains(.oemAdmin)
        let steps: [(Bool, String, Markup)] = [
            (true, "Name and place", "The factory has its name, its ODM and its time zone."),
            (
                hasJoined, "Its Factory Service joins",
                "\(isAdmin ? "Create a joining code, at the head of this page" : "An OEM admin creates a joining code and passes it on"); at the factory: \(command("obis-factory join --config /etc/obis/factory.json --code-file -", "join"))"
            ),
            (
                isEnrolled, "The officers enrol its EdgeHSM",
                viewer.isOEM
                    ? "While the OEM holds the EdgeHSM: \(command("obis ceremony enrolment.json", "enrolment"))Then \(isAdmin ? .link("import the enrolment here", "/factories/\(factory)?do=enrol") : "an OEM admin imports the enrolment here")."
                    : "The OEM's officers do this while the OEM holds the EdgeHSM, before it is shipped."
            ),
            (isHeard, "Its journal arrives", "By link or by stick; the portal recomputes every root."),
            (
                isPrepared, "A product is prepared",
                isAdmin
                    ? "Prepare a product, at the head of this page once the EdgeHSM is enrolled; its PAI key is made inside the EdgeHSM, the ceremony certifies it."
                    : "An OEM admin prepares a product; its PAI key is made inside the EdgeHSM, the OEM's ceremony certifies it."
            ),
            (
                false, "The first batch, the first device",
                viewer.isOEM
                    ? "The ODM makes a batch for \(factory). These steps go once the first device is made."
                    : "A production manager of yours makes a batch for \(factory). These steps go once the first device is made."
            ),
        ]
        let now = steps.firstIndex { !$0.0 }
        let items = steps.enumerated().map { index, step -> Markup in
            "<li class=\"\(step.0 ? "done" : index == now ? "now" : "later")\"><h3>\(step.1)</h3><div class=\"muted small\">\(step.2)</div></li>"
        }
        return "<ol class=\"steps\">\(items.joined())</ol>"
    }
}
