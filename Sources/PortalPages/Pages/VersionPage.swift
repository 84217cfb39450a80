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
        /// Who is which officer, as far as the viewer may know.
        public let holders: [OfficerName: String]
        /// Empty for whom approvals are not.
        public let edges: [EdgeHSMID: EdgePlace]
        /// Of the newest RoleKeys.
        public let officers: [OfficerName]
        public let threshold: Int
        /// The officer that the viewer is, if any.
        public let officer: OfficerName?
        /// Another version whose approval an officer has signed: it comes first.
        public let pending: VersionName?
        /// The portal's address, for commands.
        public let portal: String

        public init(
            product: Product,
            version: ProductVersion,
            review: VersionReview,
            names: [PersonID: String],
            holders: [OfficerName: String] = [:],
            edges: [EdgeHSMID: EdgePlace] = [:],
            officers: [OfficerName],
            threshold: Int,
            officer: OfficerName? = nil,
            pending: VersionName? = nil,
            portal: String
        ) {
            (self.product, self.version, self.review) = (product, version, review)
            (self.names, self.officers, self.threshold) = (names, officers, threshold)
            (self.officer, self.pending, self.portal) = (officer, pending, portal)
            (self.holders, self.edges) = (holders, edges)
        }
    }

    public enum Tab: String, Sendable, CaseIterable {
        case changes, manifest, statement
    }

    /// - Parameters:
    ///   - tab: nil: what this version is looked at for first.
    ///   - opened: value of `do` whose dialog is open.
    public init(_ content: Content, tab: Tab?, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let version = content.version
        // All of a first version is new: its manifest says the same without a page full of green.
        let tab = tab ?? (content.review.against == nil ? .manifest : .changes)
        let place = "/products/\(version.product.text)/versions/\(version.version.text)"
        title = "\(version.product.text) \(version.version.text)"
        let progress = Self.progress(content, now)
        let lead = Self.lead(content, viewer, now)
        let actions = Self.actions(content, place, viewer)
        let rejecting = Self.rejecting(content, place, viewer)
        let signing = Self.signing(content, place, viewer)
        live = [
            LivePlace("progress", progress), LivePlace("state", version.state.badge), LivePlace("lead", lead),
            LivePlace("acts", actions), LivePlace("signing", signing), LivePlace("rejecting", rejecting),
        ]
        let head = Head(
            "\(content.product.title.text) \(version.version.text)",
            crumbs: [("Products", "/products"), (content.product.title.text, "/products/\(version.product.text)")],
            badges: .live("state", version.state.badge),
            lead: .live("lead", lead),
            isLive: true
        )
        let tabs = Tabs(
            "Parts of the review",
            [
                (Tab.changes, "Changes"), (.manifest, "Manifest"), (.statement, "What officers sign"),
            ].map { each, title in
                .init(
                    title: title,
                    address: "\(place)?tab=\(each.rawValue)",
                    isCurrent: each == tab,
                    count: .empty
                )
            }
        )
        sheet = Sheet(
            head,
            notes: Self.notes(content),
            form: form,
            tabs: tabs,
            main: Self.main(content, tab) + [Self.identity(version)],
            side: [Self.decision(content, progress, actions, signing, rejecting)],
            sideLeads: true,
            dialogs: Self.dialogs(content, place, form, opened, viewer)
        )
    }

    /// What can be done with it as it is now.
    private static func actions(_ content: Content, _ place: String, _ viewer: Viewer) -> Markup {
        let version = content.version
        var actions: [Button] = []
        if version.state == .draft, viewer.roles.contains(.odmEngineer) {
            actions.append(Button("Submit for review", "\(place)?do=submit", style: .primary, dialog: "dialog-submit"))
        }
        if version.state == .submitted, viewer.roles.contains(.oemSecurityOfficer) {
            // What is signed is changed no more, nor is another proposed beside it.
            if version.approval?.isSigned != true, content.pending == nil {
                actions.append(
                    Button(
                        version.approval == nil ? "Propose approval" : "Change proposal",
                        "\(place)/approval",
                        style: version.approval == nil ? .primary : .usual
                    )
                )
            }
        }
        return actions.map { Markup.of($0) }.joined()
    }

    private static func lead(_ content: Content, _ viewer: Viewer, _ now: Instant) -> Markup {
        // Each has its line, whatever it says: nothing moves when a signature comes.
        "\(story(content, viewer, now))<span class=\"next\">\(next(content, viewer))</span>"
    }

    /// What happened last.
    private static func story(_ content: Content, _ viewer: Viewer, _ now: Instant) -> Markup {
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
                    "The OEM's officers review it as it is. It can't be changed after that; a change is a new version.",
                    action: place,
                    form: form,
                    fields: [],
                    submit: Button("Submit for review", style: .primary),
                    isOpen: opened == "submit"
                )
            )
        }
        if version.state == .submitted, viewer.roles.contains(.oemSecurityOfficer) {
            dialogs.append(
                DialogForm(
                    "reject",
                    "Reject \(version.version.text)",
                    "This is final: the ODM has to make a new version. The ODM can read the reason.",
                    action: place,
                    form: form,
                    fields: [.area(form, "reason", "Reason")],
                    submit: Button("Reject version", style: .danger),
                    isOpen: opened == "reject"
                )
            )
            dialogs.append(
                DialogForm(
                    "sign",
                    "Import signatures",
                    "Choose or paste the file that obis approve wrote. Several officers' files can be imported one after the other.",
                    action: place,
                    form: form,
                    fields: [
                        .document(form, "envelope", "Content of approval.json", help: "The whole file, unchanged.")
                    ],
                    submit: Button("Import signatures", style: .primary),
                    isOpen: opened == "sign"
                )
            )
        }
        return dialogs
    }
}
