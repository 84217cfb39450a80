public import PortalProtocol
public import Vocabulary

/// A version under review: what changed, what was checked, what officers sign, and how far they are.
public struct VersionPage: SheetPage {
    public static let name = "version"
    public let title: String
    public let live: [LivePlace]
    let sheet: Sheet

    /// What the page is made of.
    public struct Content: Sendable {
        public let product: Product
        public let version: ProductVersion
        public let review: VersionReview
        /// Names of people by id.
        public let names: [PersonID: String]
        /// Of the newest RoleKeys.
        public let officers: [OfficerName]
        public let threshold: Int

        public init(
            product: Product,
            version: ProductVersion,
            review: VersionReview,
            names: [PersonID: String],
            officers: [OfficerName],
            threshold: Int
        ) {
            (self.product, self.version, self.review) = (product, version, review)
            (self.names, self.officers, self.threshold) = (names, officers, threshold)
        }
    }

    public enum Tab: String, Sendable, CaseIterable {
        case changes, manifest, statement
    }

    /// - Parameters:
    ///   - opened: value of `do` whose dialog is open.
    public init(_ content: Content, tab: Tab, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let (version, review) = (content.version, content.review)
        let place = "/products/\(version.product.text)/versions/\(version.version.text)"
        title = "\(version.product.text) \(version.version.text)"
        let progress = Self.progress(content, now)
        let lead = Self.lead(content, viewer, now)
        let actions = Self.actions(version, place, viewer)
        let signing = Self.signing(content, place, viewer)
        live = [
            LivePlace("progress", progress), LivePlace("state", version.state.badge), LivePlace("lead", lead),
            LivePlace("acts", actions), LivePlace("signing", signing),
        ]
        let head = Head(
            "\(content.product.title.text) \(version.version.text)",
            crumbs: [("Products", "/products"), (content.product.title.text, "/products/\(version.product.text)")],
            badges: .live("state", version.state.badge),
            lead: .live("lead", lead),
            after: .live("acts", actions, tag: "div", style: "actions", keeps: true),
            isLive: true
        )
        let tabs = Tabs(
            "Parts of the review",
            [
                (Tab.changes, "Changes", review.changes.count), (.manifest, "Manifest", review.manifest.count),
                (.statement, "What officers sign", review.approval == nil ? 0 : 1),
            ].map { each, title, count in
                .init(
                    title: title,
                    address: "\(place)?tab=\(each.rawValue)",
                    isCurrent: each == tab,
                    count: count == 0 ? .empty : .count(count, .idle)
                )
            }
        )
        sheet = Sheet(
            head,
            notes: Self.notes(content),
            form: form,
            tabs: tabs,
            main: Self.main(content, tab),
            side: Self.side(content, progress),
            // It goes when the version is locked; where it stands last, nothing moves.
            sideEnd: .live("signing", signing, tag: "div"),
            dialogs: Self.dialogs(content, place, form, opened, viewer)
        )
    }

    /// What can be done with it as it is now.
    private static func actions(_ version: ProductVersion, _ place: String, _ viewer: Viewer) -> Markup {
        var actions: [Button] = []
        if version.state == .draft, viewer.roles.contains(.odmEngineer) {
            actions.append(Button("Submit for review", "\(place)?do=submit", style: .primary, dialog: "dialog-submit"))
        }
        if version.state == .submitted, viewer.roles.contains(.oemSecurityOfficer) {
            actions.append(Button("Reject", "\(place)?do=reject", style: .danger, dialog: "dialog-reject"))
            actions.append(
                Button(
                    version.approval == nil ? "Propose approval" : "Change proposal",
                    "\(place)/approval",
                    style: version.approval == nil ? .primary : .usual
                )
            )
        }
        return actions.map { Markup.of($0) }.joined()
    }

    private static func lead(_ content: Content, _ viewer: Viewer, _ now: Instant) -> Markup {
        let version = content.version
        func who(_ act: VersionStep) -> String { viewer.name(of: act.person, content.names) }
        if let act = version.rejected {
            // Nobody else can.
            return "Rejected by \(viewer.isOEM ? who(act) : "the OEM"), \(.ago(act.at, now: now))."
        }
        if let locked = version.approval?.lockedAt {
            return "Approved by the officers \(.ago(locked, now: now)). It never changes again."
        }
        if let act = version.submitted { return "Submitted by \(who(act)), \(.ago(act.at, now: now))." }
        return "A draft of \(who(version.created)), \(.ago(version.created.at, now: now))."
    }

    private static func notes(_ content: Content) -> [Note] {
        let version = content.version
        var notes: [Note] = []
        if let rejected = version.rejected {
            notes.append(Note(.bad, "Rejected", .text(rejected.reason?.text ?? "No reason was given.")))
        }
        if !version.firmwareProvesProduct {
            notes.append(
                Note(
                    .warn,
                    "The firmware does not say its product",
                    "Vendor and product ID are the ODM's word: declared, not proven by a signed part of the file."
                )
            )
        }
        return notes
    }

    private static func main(_ content: Content, _ tab: Tab) -> [Box] {
        let review = content.review
        switch tab {
        case .manifest:
            return [
                Box(
                    "manifest",
                    "Everything in the manifest",
                    lines("Manifest", review.manifest),
                    note: "SHA-256 \(.digest(content.version.manifest.hex))",
                    actions: [
                        Button(
                            "Manifest",
                            "/products/\(review.product.text)/versions/\(review.version.text)/manifest.json",
                            icon: .export,
                            isSmall: true,
                            isDownload: true
                        )
                    ],
                    isFlush: true
                )
            ]
        case .statement:
            guard let statement = review.approval else {
                return [
                    Box(
                        "statement",
                        "What officers sign",
                        .empty(
                            .review,
                            "No approval is proposed yet",
                            "A security officer proposes totals, allotments and rules; then every officer signs exactly these bytes."
                        ),
                        isFlush: true
                    )
                ]
            }
            return [
                Box(
                    "statement",
                    "What officers sign, in words",
                    "<p>\(statement.summary)</p>" + lines("Approval", statement.lines)
                ),
                Box(
                    "bytes",
                    "The exact bytes",
                    """
                    \(Markup.of(Definitions([
                        ("Payload type", .code(statement.payloadType)),
                        ("Statement, SHA-256 of the payload", .copyable(statement.statement.hex, id: "statement-digest", name: "statement digest")),
                        ("What the token signs, SHA-256", .copyable(statement.signedDigest.hex, id: "signed-digest", name: "signed digest")),
                    ])))\(Markup.of(CodeBlock(statement.payload, id: "payload", label: "Payload, every octet visible", isTall: true)))
                    """,
                    note: "obis approve shows the same and signs nothing else"
                ),
            ]
        case .changes:
            let against =
                review.against.map { "Against \($0.text), approved before" }
                ?? "The product's first version: all of it is new"
            var boxes = [
                Box(
                    "changes",
                    "What changed",
                    review.changes.isEmpty
                        ? .empty(.check, "Nothing changed", "Every field of the manifest is as it was.")
                        : .diff(review.changes),
                    note: .text(against),
                    isFlush: true
                ),
                Box(
                    "evidence",
                    "What the portal verified itself",
                    checks(review.evidence),
                    note: "\(review.evidence.count) checks",
                    isFlush: true
                ),
            ]
            if !review.approvalChanges.isEmpty {
                boxes.append(
                    Box(
                        "figures",
                        "Figures against the approval before",
                        .diff(review.approvalChanges, "Changed figures"),
                        isFlush: true
                    )
                )
            }
            return boxes
        }
    }

    private static func lines(_ caption: String, _ lines: [ReviewLine]) -> Markup {
        .table(
            caption,
            [.init("Field"), .init("Value", .wide)],
            lines.map { [.text($0.field), "<span class=\"mono\">\($0.words)</span>"] }
        )
    }

    private static func checks(_ evidence: [ReviewLine]) -> Markup {
        .table(
            "Checks",
            [.init("Check"), .init("Evidence", .wide)],
            evidence.map { [.text($0.field), "<span class=\"breaks\">\($0.words)</span>"] },
            style: "folds"
        )
    }

    /// m of n; every officer has a place from the start, so nothing moves when a signature comes.
    private static func progress(_ content: Content, _ now: Instant) -> Markup {
        let signed = content.version.approval?.signers ?? []
        let threshold = content.version.approval?.threshold ?? content.threshold
        let rows = content.officers.map { officer -> Markup in
            let state: Markup =
                signed.contains(officer) ? .badge(.ok, "Signed") : .badge(.idle, "Not yet", isOpen: true)
            return "<li class=\"split\"><span>\(officer.text)</span>\(state)</li>"
        }
        return """
            <p class="split"><strong>\(signed.count) of \(threshold) needed</strong><span class="muted">\(content.officers.count) officers</span></p>\
            \(.meter([Segment("", signed.count, "c5")], of: max(threshold, 1), label: "\(signed.count) of \(threshold) signatures", isTall: true))\
            <ul class="stack-s">\(rows.joined())</ul>
            """
    }

    private static func side(_ content: Content, _ progress: Markup) -> [Box] {
        let version = content.version
        return [
            Box(
                "signatures",
                "Officers' signatures",
                .live("progress", "\(progress)", tag: "div"),
                note: version.approval.map { "no. \($0.sequence) of the product" } ?? .empty
            ),
            Box(
                "files",
                "Identity",
                .of(
                    Definitions([
                        ("Manifest", .digest(version.manifest.hex)), ("Firmware", .digest(version.firmware.hex)),
                        ("Declaration", .digest(version.declaration.hex)),
                        (
                            "Proof of product",
                            version.firmwareProvesProduct
                                ? .badge(.ok, "Signed in firmware") : .badge(.warn, "Declared")
                        ),
                    ])
                )
            ),
        ]
    }

    /// How an officer signs, with the files that the command takes; nothing where there is nothing to be signed.
    private static func signing(_ content: Content, _ place: String, _ viewer: Viewer) -> Markup {
        let version = content.version
        guard viewer.isOEM, version.state == .submitted, let approval = version.approval else { return .empty }
        let file = "approval-\(version.product.text)-\(version.version.text).json"
        var files = [("Approval file", "\(place)/approval.json"), ("RoleKeys", "/keys/role-keys.json")]
        // The first of a product has none before it.
        if approval.sequence > 1 {
            files.append(
                (
                    "Approval before",
                    "/products/\(version.product.text)/approvals/\(approval.sequence - 1)/approval.json"
                )
            )
        }
        let buttons = files.map { Markup.of(Button($0.0, $0.1, icon: .export, isSmall: true, isDownload: true)) }
        let previous = approval.sequence > 1 ? " --previous previous" : ""
        let bring: Markup =
            viewer.roles.contains(.oemSecurityOfficer)
            ? .of(Button("Bring signatures", "\(place)?do=sign", icon: .upload, dialog: "dialog-sign", isSmall: true))
            : .empty
        let box = Box(
            "sign",
            "Sign on your own machine",
            """
            <p class="small muted">Your key never comes here. The command shows the same words and bytes, asks you, and signs with your token.</p>\
            \(Markup.of(CodeBlock("obis approve \(file) --token officer.json --role-keys role-keys.json\(previous)", id: "sign-command", label: "Command for an officer")))\
            <p class="row">\(buttons.joined())\(bring)</p>
            """
        )
        return .of(box)
    }

    private static func dialogs(
        _ content: Content,
        _ place: String,
        _ form: FormState,
        _ opened: String?,
        _ viewer: Viewer
    ) -> [DialogForm] {
        let version = content.version
        var dialogs: [DialogForm] = []
        if version.state == .draft, viewer.roles.contains(.odmEngineer) {
            dialogs.append(
                DialogForm(
                    "submit",
                    "Submit for review",
                    "The officers review it as it is. It can't be changed any more; what follows is a new version.",
                    action: place,
                    form: form,
                    fields: [],
                    submit: Button("Submit", style: .primary),
                    isOpen: opened == "submit"
                )
            )
        }
        if version.state == .submitted, viewer.roles.contains(.oemSecurityOfficer) {
            dialogs.append(
                DialogForm(
                    "reject",
                    "Reject \(version.version.text)",
                    "For good: the ODM makes a new version. The ODM reads the reason.",
                    action: place,
                    form: form,
                    fields: [.area(form, "reason", "Reason")],
                    submit: Button("Reject", style: .danger),
                    isOpen: opened == "reject"
                )
            )
            dialogs.append(
                DialogForm(
                    "sign",
                    "Bring signatures",
                    "The file that obis approve wrote: the same statement with signatures added. Several may come one after the other.",
                    action: place,
                    form: form,
                    fields: [.area(form, "envelope", "Content of the approval file", help: "JSON, as it is.")],
                    submit: Button("Take in", style: .primary),
                    isOpen: opened == "sign"
                )
            )
        }
        return dialogs
    }
}
