public import PortalProtocol
import Statements
public import Vocabulary

/// One batch, live.
public struct BatchPage: SheetPage {
    public static let name = "batch"
    public let title: String
    public let live: [LivePlace]
    let sheet: Sheet

    public struct Content: Sendable {
        public let batch: Batch
        public let reconciliation: BatchReconciliation
        public let recent: ProductionSeries
        public let counts: ProductionCounts
        public let forecast: BatchForecast?
        public let rate: IssueRate
        public let factory: Factory
        public let names: [PersonID: String]
        /// The product's title, as far as the viewer knows it.
        public let product: String?

        public init(
            batch: Batch,
            reconciliation: BatchReconciliation,
            recent: ProductionSeries,
            counts: ProductionCounts,
            forecast: BatchForecast?,
            rate: IssueRate,
            factory: Factory,
            names: [PersonID: String],
            product: String? = nil
        ) {
            self.product = product
            (self.batch, self.reconciliation, self.recent, self.counts) = (batch, reconciliation, recent, counts)
            (self.forecast, self.rate, self.factory, self.names) = (forecast, rate, factory, names)
        }
    }

    public init(_ content: Content, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let batch = content.batch
        title = "Batch \(batch.batch.text)"
        let place = "/batches/\(batch.id.text)"
        let isOpen = batch.state != .ended
        var actions: [Button] = []
        if isOpen, viewer.roles.contains(.odmProductionManager),
            !batch.withdrawals.contains(where: { $0.kind == .close })
        {
            actions.append(Button("Close batch", "\(place)?do=close", style: .danger, dialog: "dialog-close"))
        }
        if isOpen, viewer.roles.contains(.oemSecurityOfficer),
            !batch.withdrawals.contains(where: { $0.kind == .revoke })
        {
            actions.append(Button("Revoke batch", "\(place)?do=revoke", style: .danger, dialog: "dialog-revoke"))
        }
        let (sums, figures) = (Self.sums(content), Self.figures(content, now))
        let reconciled = content.reconciliation
        let state = batch.badge(at: now)
        let (chart, way) = (Self.burnDown(content, now), Self.way(batch, reconciled, at: now))
        let (timeline, file) = (Self.timeline(content, viewer, now), Self.file(batch, place))
        live = [
            LivePlace("sums", sums), LivePlace("figures", figures), LivePlace("chart", chart),
            LivePlace("state", state), LivePlace("way", way), LivePlace("timeline", timeline),
            LivePlace("file", file),
        ]
        sheet = Sheet(
            Head(
                batch.batch.text,
                crumbs: [("Batches", "/batches")],
                badges: .live("state", state),
                lead: """
                    \(Format.number(batch.quantity)) units of \(.version(batch.product, batch.version, content.product))\(content.product == nil ? "" : " (\(batch.product.text))") \
                    at \(.link(content.factory.name, "/factories/\(batch.factory.text)")) (\(batch.factory.text)), EdgeHSM \(.link(batch.edgeHSM.text, "/factories/\(batch.factory.text)/edges/\(batch.edgeHSM.text)"))
                    """,
                actions: actions,
                isLive: isOpen
            ),
            form: form,
            stats: .live("figures", figures, tag: "div"),
            main: [
                Box(
                    "where",
                    "Where the units are",
                    .live("sums", sums, tag: "div"),
                    note: "granted = issued + burned + returned + not yet issued + unaccounted"
                ),
                Box("burn-down", "Burn-down", .live("chart", chart, tag: "div"), note: Self.span(content, now)),
                Box("terms", "Terms", Self.terms(content)),
            ],
            side: [
                Box("package", "Package", "\(.live("way", way, tag: "div"))\(.live("file", file, tag: "div"))"),
                Box("timeline", "What happened", .live("timeline", timeline, tag: "div")),
            ],
            dialogs: Self.dialogs(batch, place, form, opened, viewer, now)
        )
    }

    private static func figures(_ content: Content, _ now: Instant) -> Markup {
        let sums = content.reconciliation
        return .of(
            Stats([
                .init("Issued", .number(sums.issued), "of \(Format.number(sums.granted)) granted"),
                .init(
                    "Passed",
                    .number(content.counts.devicesPassed),
                    "\(Format.number(content.counts.failed)) scrapped"
                ),
                .init("Yield", .text(content.counts.yield), content.counts.yieldNote),
                .init("Rate now", content.rate.markup, content.rate.note),
                .init("Not yet issued", .number(sums.remaining), Self.end(content, now)),
            ])
        )
    }

    /// What ends it, or why nothing is made of it.
    private static func end(_ content: Content, _ now: Instant) -> Markup {
        let (batch, sums) = (content.batch, content.reconciliation)
        if let forecast = content.forecast { return forecast.markup(at: now) }
        if sums.isClosed { return "Closed" }
        if sums.isLoaded, sums.remaining == 0 {
            return sums.burned == 0 ? "All units are issued" : "All units are used up"
        }
        if now > batch.notAfter { return "Window closed" }
        if !sums.isLoaded { return "Not loaded yet" }
        return batch.edgeHalted == nil ? "Is being closed" : "\(batch.edgeHSM.text) is stopped"
    }

    private static func sums(_ content: Content) -> Markup {
        let sums = content.reconciliation
        let unexplained: Markup =
            sums.unaccounted > 0 && sums.isLoaded
            ? .of(
                Note(
                    .warn,
                    "\(Format.number(sums.unaccounted)) units are unaccounted",
                    "Neither the journal nor the newest checkpoint explains them. The next upload may."
                )
            )
            : sums.isLoaded
                ? .empty
                : "<p class=\"small muted\">Until the EdgeHSM's journal says that it loaded the package, every unit is unaccounted.</p>"
        return """
            \(.meter(sums.segments, of: sums.granted, label: "Granted \(Format.number(sums.granted)): \(sums.segments.map { "\($0.title.lowercased()) \(Format.number($0.value))" }.joined(separator: ", "))", isTall: true))\
            \(.legend(sums.segments))\(unexplained)
            """
    }

    /// What was left when, oldest first: at the end of each step, and before the first.
    private static func left(_ content: Content, _ now: Instant) -> [(time: Instant, left: Int)] {
        let step = content.recent.step.seconds
        let granted = content.batch.createdAt
        var left = content.reconciliation.remaining
        var found: [(time: Instant, left: Int)] = []
        for point in content.recent.points.reversed() {
            let end = point.start + step
            guard end > granted else { break }
            if point.start < now { found.append((min(end, now), left)) }
            left += point.counts.issued + point.counts.burned
        }
        let first = content.recent.points.first { $0.start + step > granted }?.start ?? granted
        found.append((min(max(first, granted), now), left))
        return found.reversed()
    }

    /// How long the chart looks back.
    private static func span(_ content: Content, _ now: Instant) -> Markup {
        let first = left(content, now).first?.time ?? content.batch.createdAt
        return first <= content.batch.createdAt
            ? "Units not yet issued since the grant, \(.ago(content.batch.createdAt, now: now))"
            : "Units not yet issued, the last \(Format.duration(now - first))"
    }

    private static func burnDown(_ content: Content, _ now: Instant) -> Markup {
        .of(
            Chart(
                line: "Units of \(content.batch.batch.text) not yet issued",
                id: "burn-down-chart",
                unit: "units not yet issued",
                zone: content.factory.timeZone,
                spots: left(content, now).map { ($0.time, $0.left) },
                now: now
            )
        )
    }

    private static func terms(_ content: Content) -> Markup {
        let (batch, zone) = (content.batch, content.factory.timeZone)
        func allowance(_ count: Int, _ until: Instant) -> Markup {
            // As the window's ends are told: of one moment two zones can name two days.
            count == 0 ? "0" : "\(Format.number(count)), until \(.twoZones(until, zone))"
        }
        return .of(
            Definitions([
                ("Window opens", .twoZones(batch.notBefore, zone)), ("Window closes", .twoZones(batch.notAfter, zone)),
                ("Grace to finish", .text(Format.duration(batch.grace))),
                ("Serial numbers", "\(.code(batch.firstSerial.text)) to \(.code(batch.lastSerial.text))"),
                ("Debug unlocks", allowance(batch.debugUnlocks.count, batch.debugUnlocks.notAfter)),
                ("Re-provisionings", allowance(batch.reprovisions.count, batch.reprovisions.notAfter)),
                ("Credential rotations", allowance(batch.rotations.count, batch.rotations.notAfter)),
                ("Authorization", .folded(batch.authorization.hex, id: "authorization", name: "authorization")),
                ("Under approval", .digest(batch.approval.hex)),
            ])
        )
    }

    private static func timeline(_ content: Content, _ viewer: Viewer, _ now: Instant) -> Markup {
        let batch = content.batch
        var items = [
            Timeline.Item(
                .info,
                "Granted",
                when: .time(batch.createdAt),
                detail: .text(viewer.name(of: batch.createdBy, content.names))
            )
        ]
        if let package = batch.package { items.append(.init(.info, "Signed and sealed", when: .time(package.madeAt))) }
        if content.reconciliation.isLoaded {
            items.append(.init(.ok, "Loaded by \(batch.edgeHSM.text)", when: "as its journal says"))
        }
        for withdrawal in batch.withdrawals {
            items.append(
                .init(
                    withdrawal.kind == .revoke ? .bad : .warn,
                    withdrawal.kind == .revoke ? "Revoked" : "Closing asked for",
                    when: .time(withdrawal.at),
                    detail: "\(viewer.name(of: withdrawal.person, content.names)): \(withdrawal.reason.text)"
                )
            )
        }
        if batch.state == .ended {
            items.append(
                .init(
                    .idle,
                    "Ended",
                    when: "as the journal says",
                    detail: "\(Format.number(content.reconciliation.returned)) units came back"
                )
            )
        }
        return .of(Timeline(items))
    }

    private static func dialogs(
        _ batch: Batch,
        _ place: String,
        _ form: FormState,
        _ opened: String?,
        _ viewer: Viewer,
        _ now: Instant
    ) -> [DialogForm] {
        var dialogs: [DialogForm] = []
        if viewer.roles.contains(.odmProductionManager) {
            dialogs.append(
                DialogForm(
                    "close",
                    "Close \(batch.batch.text)",
                    batch.stage(at: now) == .usedUp
                        ? "All units are used up. Closing ends rework from the EdgeHSM's next contact on. It can't be undone."
                        : "No new units start from the EdgeHSM's next contact on; units that are begun may finish. What is not yet issued returns to the product's quota once the journal says so. It can't be undone.",
                    action: place,
                    form: form,
                    fields: [.area(form, "reason", "Reason")],
                    submit: Button("Close batch", style: .danger),
                    isOpen: opened == "close"
                )
            )
        }
        if viewer.roles.contains(.oemSecurityOfficer) {
            dialogs.append(
                DialogForm(
                    "revoke",
                    "Revoke \(batch.batch.text)",
                    "This is final: no new units, no finishing, no rework. Issued certificates stay valid.",
                    action: place,
                    form: form,
                    fields: [.area(form, "reason", "Reason")],
                    submit: Button("Revoke batch", style: .danger),
                    isOpen: opened == "revoke"
                )
            )
        }
        return dialogs
    }
}
