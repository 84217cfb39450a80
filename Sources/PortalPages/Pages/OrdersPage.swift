public import PortalProtocol
public import Vocabulary

/// Officers' orders: what each does, who signed it, and how a new one comes in.
public struct OrdersPage: SheetPage {
    public static let name = "orders"
    public let title = "Officers' orders"
    let sheet: Sheet

    public struct Order: Sendable {
        public let number: Int
        /// One sentence: what it does.
        public let summary: String
        public let reason: String
        /// Names of officers; a key id where RoleKeys name nobody.
        public let signers: [String]
        public let issuedAt: Instant
        /// Until when it can be taken in; what is in counts on.
        public let expiresAt: Instant
        public let statement: Digest256

        public init(
            number: Int,
            summary: String,
            reason: String,
            signers: [String],
            issuedAt: Instant,
            expiresAt: Instant,
            statement: Digest256
        ) {
            (self.number, self.summary, self.reason, self.signers) = (number, summary, reason, signers)
            (self.issuedAt, self.expiresAt, self.statement) = (issuedAt, expiresAt, statement)
        }
    }

    public init(
        _ orders: [Order],
        next: PageCursor?,
        form: FormState,
        opened: String?,
        viewer: Viewer,
        now: Instant
    ) {
        let isAdmin = viewer.roles.contains(.oemAdmin)
        let rows = orders.map { order -> [Markup] in
            [
                .number(order.number), .sub(.text(order.summary), "Reason: \(order.reason)"),
                .text(order.signers.joined(separator: ", ")),
                .sub(.ago(order.issuedAt, now: now), "to be imported until \(.date(order.expiresAt))"),
                .digest(order.statement.hex),
            ]
        }
        sheet = Sheet(
            Head(
                "Officers' orders",
                crumbs: [("Keys and ceremonies", "/keys")],
                lead: "What only the officers together may order. An order that was imported cannot be taken back.",
                actions: isAdmin
                    ? [
                        Button(
                            "Import an order",
                            "/keys/orders?do=order",
                            icon: .upload,
                            dialog: "dialog-order"
                        )
                    ] : []
            ),
            form: form,
            main: [
                Box(
                    "list",
                    "Orders in force, oldest first",
                    .table(
                        "Officers' orders",
                        [
                            .init("No.", .tight), .init("What it does", .wide), .init("Signed by"),
                            .init("Signed", .tight), .init("Statement", .tight),
                        ],
                        rows,
                        empty: Empty(
                            .shield,
                            "No order so far",
                            "To revoke something, reset a clock or move a dead EdgeHSM's remainder, the officers sign an order and an OEM admin imports it here."
                        ),
                        next: next.map { "/keys/orders?cursor=\($0.text)" }
                    ),
                    isFlush: true
                ), Box("kinds", "What an order can do", Self.kinds),
            ],
            side: [Box("make", "How one is made", Self.making)],
            dialogs: isAdmin
                ? [
                    DialogForm(
                        "order",
                        "Import an order",
                        "Choose or paste the file that obis approve signed. It is verified against the newest RoleKeys, takes effect at once and can't be undone.",
                        action: "/keys/orders",
                        form: form,
                        fields: [
                            .document(
                                form,
                                "file",
                                "Content of the signed order",
                                help: "The whole file, unchanged."
                            )
                        ],
                        submit: Button("Import order", style: .danger),
                        isOpen: opened == "order"
                    )
                ] : []
        )
    }

    private static let kinds: Markup = .of(
        Definitions([
            (
                "Revoke",
                "Ends an authorization, an approval, a version, a role key or an EdgeHSM, at the portal at once and at each EdgeHSM with the first message that brings it."
            ),
            ("Reset a clock", "Lowers one EdgeHSM's clock floor, once, over a nonce that it has just made."),
            (
                "Give up allotment",
                "Makes an EdgeHSM journal that it keeps less; a later approval may then allot the rest elsewhere."
            ),
            (
                "End a stop",
                "Leaves in service an EdgeHSM whose journal was forked, restored or truncated. Such an order gives up allotment or resets its clock, is issued after the finding, and has that word in its reason. Its factory's page has the steps."
            ),
            (
                "Declare an EdgeHSM dead",
                "Lets the next approval allot elsewhere what remains of an EdgeHSM that can't answer."
            ),
        ])
    )

    private static let making: Markup = """
        <p class="small muted">Written and signed away from the portal, by as many officers as the RoleKeys ask for, one after the other.</p>\
        \(Markup.of(CodeBlock(command: "obis order order.json --out order.env\nobis approve order.env --token officer.json --role-keys role-keys.json", id: "order-command", label: "Commands for an order")))
        """
}
