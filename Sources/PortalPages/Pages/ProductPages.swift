public import PortalProtocol
import Statements
public import Vocabulary

/// Products that the viewer may see.
public struct ProductListPage: SheetPage {
    public static let name = "products"
    public let title = "Products"
    let sheet: Sheet

    /// - Parameter quotas: by product.
    public init(_ page: Page<Product>, quotas: [ProductName: ProductQuota], viewer: Viewer, now: Instant) {
        let actions =
            viewer.roles.contains(.oemAdmin)
            ? [Button("New product", "/products/new", icon: .plus, style: .primary)] : []
        let rows = page.items.map { product -> [Markup] in
            let foundation = product.foundation
            let quota = quotas[product.product]
            let whole = viewer.isOEM ? product.lifetimeTotal.value : quota?.edges.reduce(0) { $0 + $1.allotment } ?? 0
            return [
                .sub(.link(product.title.text, "/products/\(product.product.text)"), .text(product.product.text)),
                .code("\(foundation.vendorID) / \(foundation.productID)"), .text(foundation.family.text),
                product.lockedVersion.map { .link($0.text, "/products/\(product.product.text)/versions/\($0.text)") }
                    ?? .badge(.idle, "None approved", isOpen: true),
                "\(Self.granted(quota, of: whole))<span class=\"sub\">\(Format.number(quota?.granted ?? 0)) of \(Format.number(whole)) granted</span>",
                .number(quota?.counts.issued ?? 0), .date(product.createdAt),
            ]
        }
        let empty = Empty(
            .product,
            "No product yet",
            viewer.isOEM
                ? "A product fixes what stays the same over all versions: vendor and product ID, chip family, key slots, lifetime total and rules."
                : "Your OEM invites you into the workspace of a product; it appears here.",
            actions
        )
        sheet = Sheet(
            Head("Products", lead: "What is made, under which rules, and how much of it.", actions: actions),
            main: [
                Box(
                    "list",
                    "All products",
                    .table(
                        "Products",
                        [
                            .init("Product"), .init("Vendor / product ID", .tight), .init("Chip family"),
                            .init("Approved version", .tight), .init("Quota", .tight), .init("Issued", .number),
                            .init("Since", .tight),
                        ],
                        rows,
                        empty: empty,
                        next: page.next.map { "/products?cursor=\($0.text)" }
                    ),
                    isFlush: true
                )
            ]
        )
    }
}

extension ProductListPage {
    /// What is granted, and what of it is made, in the colours of the product's own page.
    private static func granted(_ quota: ProductQuota?, of whole: Int) -> Markup {
        let (granted, counts) = (quota?.granted ?? 0, quota?.counts ?? .zero)
        let percent = Format.percent(granted, of: whole) ?? "–"
        let segments = [
            Segment("Issued", counts.issued, .issued), Segment("Burned", counts.burned, .burned),
            Segment("Not yet issued", max(0, granted - counts.issued - counts.burned), .granted),
        ]
        return """
            <span class="meter-row">\(.meter(segments, of: whole, label: "Granted: \(percent)"))<span>\(percent)</span></span>
            """
    }
}

/// One product: its key slots, rules, quota, workspace, versions and batches.
public struct ProductPage: SheetPage {
    public static let name = "product"
    public let title: String
    public let live: [LivePlace]
    let sheet: Sheet

    public struct Content: Sendable {
        public let product: Product
        public let quota: ProductQuota
        public let versions: [ProductVersion]
        /// Of each version that is locked or in review, newest first; where there is none, of the newest.
        public let keys: [ProductKeyState]
        /// The chain, oldest first; nil for whom it is not.
        public let approvals: [ChainedApproval]?
        public let workspaces: [Workspace]
        /// Nil for whom they are not.
        public let invitations: [Invitation]?
        public let organisations: [OrganisationID: String]
        public let batches: [Batch]
        public let factories: [FactoryID: Factory]
        /// EdgeHSMs that are stopped, and why.
        public let halted: [EdgeHSMID: String]

        public init(
            product: Product,
            quota: ProductQuota,
            versions: [ProductVersion],
            keys: [ProductKeyState],
            approvals: [ChainedApproval]? = nil,
            workspaces: [Workspace],
            invitations: [Invitation]? = nil,
            organisations: [OrganisationID: String],
            batches: [Batch],
            factories: [FactoryID: Factory],
            halted: [EdgeHSMID: String] = [:]
        ) {
            (self.product, self.quota, self.versions, self.keys) = (product, quota, versions, keys)
            (self.approvals, self.workspaces, self.organisations) = (approvals, workspaces, organisations)
            (self.invitations, self.batches, self.factories) = (invitations, batches, factories)
            self.halted = halted
        }
    }

    public init(_ content: Content, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let product = content.product
        title = product.title.text
        let place = "/products/\(product.product.text)"
        var actions: [Button] = []
        if viewer.roles.contains(.odmEngineer) {
            actions.append(Button("New version", "\(place)/versions/new", icon: .plus, style: .primary))
        }
        if viewer.roles.contains(.oemAdmin) {
            actions.append(Button("Change rules", "\(place)?do=rules", dialog: "dialog-rules"))
            if !product.foundation.keySlots.isEmpty {
                actions.append(Button("Create keys", "\(place)?do=keys", icon: .key, dialog: "dialog-keys"))
            }
            actions.append(Button("Invite an ODM", "\(place)?do=workspace", icon: .people, dialog: "dialog-workspace"))
        }
        let quota = Self.quota(content, viewer)
        live = [LivePlace("quota", quota)]
        sheet = Sheet(
            Head(
                product.title.text,
                crumbs: [("Products", "/products")],
                badges: product.lockedVersion.map { .badge(.ok, "\($0.text) approved") }
                    ?? .badge(.idle, "No approved version", isOpen: true),
                lead:
                    "Vendor \(.code("\(product.foundation.vendorID)")), product \(.code("\(product.foundation.productID)")), chip family \(product.foundation.family.text)",
                actions: actions,
                isLive: true
            ),
            form: form,
            main: [
                Box(
                    "quota",
                    "Quota",
                    .live("quota", quota, tag: "div"),
                    note: viewer.isOEM ? "over all versions, for the product's life" : "of your EdgeHSMs"
                ),
                Box("versions", "Versions", Self.versions(content, place, viewer, now), isFlush: true),
                Box(
                    "batches",
                    "Newest batches",
                    Self.batches(content, now),
                    note: .link("All batches", "/batches"),
                    isFlush: true
                ),
            ],
            side: [
                Box("keys", "Key slots", Self.keys(content), isFlush: true)
            ] + (content.approvals.map { [Box("approvals", "Approvals", Self.approvals($0, place))] } ?? []) + [
                Box("rules", "Rules", Self.rules(content)),
                Box("members", "Workspace", Self.members(content, place, form, viewer, now)),
            ],
            dialogs: Self.dialogs(content, place, form, opened, viewer)
        )
    }

    private static func quota(_ content: Content, _ viewer: Viewer) -> Markup {
        let quota = content.quota
        let allotted = quota.edges.reduce(0) { $0 + $1.allotment }
        let whole = viewer.isOEM ? content.product.lifetimeTotal.value : allotted
        let made = quota.counts.issued + quota.counts.burned
        var segments = [
            Segment("Issued", quota.counts.issued, .issued), Segment("Burned", quota.counts.burned, .burned),
            Segment("Not yet issued", max(0, quota.granted - made), .granted),
            Segment("Not yet granted", max(0, allotted - quota.granted), .free),
        ]
        // An ODM is told of its own EdgeHSMs alone: what is allotted nowhere it could only guess.
        if viewer.isOEM {
            segments.append(Segment("Not allotted", max(0, whole - max(allotted, quota.granted)), .rest))
        }
        let rows = quota.edges.map { edge -> [Markup] in
            [
                .sub(
                    "\(.link(edge.edgeHSM.text, "/factories/\(edge.factory.text)/edges/\(edge.edgeHSM.text)"))\(.stopped(content.halted[edge.edgeHSM]))",
                    .link(content.factories[edge.factory]?.name ?? edge.factory.text, "/factories/\(edge.factory.text)")
                ),
                .share(
                    edge.granted,
                    of: edge.allotment,
                    label: "Granted of the allotment at \(edge.edgeHSM.text)",
                    style: .granted
                ),
                .number(edge.granted), .number(edge.allotment), .number(max(0, edge.allotment - edge.granted)),
            ]
        }
        return """
            \(.meter(segments, of: whole, label: "\(viewer.isOEM ? "Lifetime total" : "Allotted") \(Format.number(whole)): issued \(Format.number(quota.counts.issued)), granted \(Format.number(quota.granted)), allotted \(Format.number(allotted))", isTall: true))\
            \(.legend(segments))\
            \(rows.isEmpty ? "<p class=\"small muted\">No approval allots units to an EdgeHSM yet.</p>" : .table("Quota by EdgeHSM", [.init("EdgeHSM"), .init("Granted of allotment", .tight), .init("Granted", .number), .init("Allotment", .number), .init("Not yet granted", .number)], rows))
            """
    }

    private static func versions(_ content: Content, _ place: String, _ viewer: Viewer, _ now: Instant) -> Markup {
        .table(
            "Versions",
            [
                .init("Version"), .init("State", .tight), .init("Signatures", .tight), .init("Firmware"),
                .init("Since", .tight),
            ],
            content.versions.sorted { $0.created.at > $1.created.at }.map { version in
                [
                    .link(version.version.text, "\(place)/versions/\(version.version.text)"), version.state.badge,
                    version.approval.map { "\(Format.number($0.signers.count)) of \(Format.number($0.threshold))" }
                        ?? .none,
                    .digest(version.firmware.hex), .ago(version.created.at, now: now),
                ]
            },
            empty: Empty(
                .review,
                "No version yet",
                "An ODM's engineer makes one from firmware, a Certification Declaration and factory data.",
                viewer.roles.contains(.odmEngineer)
                    ? [Button("New version", "\(place)/versions/new", style: .primary)] : []
            )
        )
    }

    private static func batches(_ content: Content, _ now: Instant) -> Markup {
        .table(
            "Newest batches",
            [
                .init("Batch"), .init("Version", .tight), .init("Factory"), .init("State", .tight),
                .init("Units", .number), .init("Granted", .tight),
            ],
            content.batches.prefix(8).map { batch in
                [
                    .link(batch.batch.text, "/batches/\(batch.id.text)"),
                    .link(batch.version.text, "/products/\(batch.product.text)/versions/\(batch.version.text)"),
                    .factory(batch.factory, content.factories, batch.edgeHSM), batch.cell(at: now),
                    .number(batch.quantity), .ago(batch.createdAt, now: now),
                ]
            },
            empty: Empty(
                .batch,
                "No batch yet",
                "Once a version is approved, the ODM's production manager makes batches of it."
            )
        )
    }

    private static func names(_ factories: [FactoryID], _ content: Content) -> Markup {
        .text(
            factories.map { id in content.factories[id].map { "\($0.name) (\(id.text))" } ?? id.text }
                .joined(separator: ", ")
        )
    }

    private static func rules(_ content: Content) -> Markup {
        let (rules, foundation) = (content.product.rules, content.product.foundation)
        return .of(
            Definitions([
                ("Lifetime total", .number(content.product.lifetimeTotal.value)),
                ("Largest batch", rules.largestBatch.map { .number($0.value) } ?? .none("no rule")),
                ("Longest window", rules.longestWindow.map { .text(Format.duration($0)) } ?? .none("no rule")),
                ("Longest silence", rules.longestSilence.map { .text(Format.duration($0)) } ?? .none("no rule")),
                ("Chip identity", .text(rules.chipIdentity.words)),
                ("Factories", rules.factories.map { names($0, content) } ?? "every factory"),
                ("Serial prefix", .code(foundation.serialPrefix.text)),
                ("Debug permissions", DebugPermissions(foundation.debugPermissions).markup),
                (
                    ReviewWords.secureBootKey,
                    .folded(foundation.secureBootKey.hex, id: "secure-boot-key", name: "secure-boot key")
                ),
            ])
        )
    }

    private static func dialogs(
        _ content: Content,
        _ place: String,
        _ form: FormState,
        _ opened: String?,
        _ viewer: Viewer
    ) -> [DialogForm] {
        guard viewer.roles.contains(.oemAdmin) else { return [] }
        let product = content.product
        let others = content.organisations.filter { id, _ in !content.workspaces.contains { $0.organisation == id } }
        return [
            DialogForm(
                "rules",
                "Change \(product.title.text)",
                "Approvals that are signed stay as they are; the next one keeps to the new rules.",
                action: place,
                form: form,
                fields: [
                    .input(form, "title", "Title", value: product.title.text),
                    .input(
                        form,
                        "lifetimeTotal",
                        "Lifetime total",
                        .number,
                        help: "Units that may ever be made, everywhere.",
                        value: String(product.lifetimeTotal.value)
                    ),
                    .input(
                        form,
                        "largestBatch",
                        "Largest batch",
                        .number,
                        value: product.rules.largestBatch.map { String($0.value) } ?? "",
                        isRequired: false
                    ),
                    .input(
                        form,
                        "longestSilence",
                        "Longest silence, minutes",
                        .number,
                        value: product.rules.longestSilence.map { String($0 / 60) } ?? "",
                        isRequired: false
                    ),
                    .input(
                        form,
                        "longestWindow",
                        "Longest window, days",
                        .number,
                        value: product.rules.longestWindow.map { String($0 / 86_400) } ?? "",
                        isRequired: false
                    ),
                ],
                submit: Button("Save", style: .primary),
                isOpen: opened == "rules"
            ),
            DialogForm(
                "keys",
                "Create keys for a version",
                "One key for each slot, made in the portal's token. The ODM's draft names them, so they come first. A key that exists stays.",
                action: place,
                form: form,
                fields: [
                    .input(
                        form,
                        "version",
                        "Version",
                        help: "As the ODM will name it: 1.4.0.",
                        extra: "autocomplete=\"off\" spellcheck=\"false\""
                    )
                ],
                submit: Button("Create keys", style: .primary),
                isOpen: opened == "keys"
            ),
            DialogForm(
                "workspace",
                "Invite an ODM",
                "It sees this product, prepares versions and makes batches in its own factories. It never sees another ODM.",
                action: place,
                form: form,
                fields: [
                    .select(
                        form,
                        "organisation",
                        "ODM in this portal",
                        [("", "A new ODM, by link", .empty)]
                            + others.sorted { $0.value < $1.value }.map { ($0.key.text, $0.value, .empty) },
                        isRequired: false
                    ),
                    .input(
                        form,
                        "organisationName",
                        "Name of a new ODM",
                        help: "Its first person gets a link, valid for 7 days.",
                        isRequired: false
                    ),
                ],
                submit: Button("Invite", style: .primary),
                isOpen: opened == "workspace"
            ),
        ]
    }
}

extension ChipIdentityLevel {
    var words: String {
        switch self {
        case .vendorCertificate: "vendor certificate"
        case .applet: "signed applet"
        case .none: "none"
        }
    }
}
