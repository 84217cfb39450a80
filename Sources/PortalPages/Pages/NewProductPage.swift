public import PortalProtocol
import Statements
import Vocabulary

/// A product to be made: what stays the same over all its versions.
public struct NewProductPage: PageView {
    public static let name = "product-new"
    public let title = "New product"
    let head: Head
    let form: CardForm

    /// Of a field with many digits, which has a line of its own so that they can be seen.
    static let long: Markup = "class=\"long mono\" spellcheck=\"false\" autocomplete=\"off\""
    private static let short: Markup = "class=\"mono\" spellcheck=\"false\" autocomplete=\"off\""

    /// - Parameters:
    ///   - families: chip families that the portal knows, with what tells them apart.
    ///   - odms: who may be let into the product's workspace at once.
    ///   - isFirst: the last step of the first start.
    public init(
        families: [(name: String, words: String)],
        odms: [Organisation] = [],
        isFirst: Bool = false,
        form state: FormState
    ) {
        head = Head(
            "New product",
            crumbs: [("Products", "/products")],
            badges: isFirst ? .badge(.info, "Step 3 of 3") : .empty,
            lead:
                "What is fixed here stays the same over all versions; title, totals and rules of batches can be changed later. The officers' approvals keep to all of it.",
            actions: isFirst ? [Button("Later", "/")] : []
        )
        form = CardForm(
            action: "/products/new",
            form: state,
            cards: [
                Self.identity(state, families), Self.certificates(state), Self.rules(state), Self.quota(state, odms),
            ],
            submit: Button("Create product", style: .primary),
            cancel: "/products"
        )
    }

    private static func identity(
        _ state: FormState,
        _ families: [(name: String, words: String)]
    ) -> CardForm.Card {
        CardForm.Card(
            "identity",
            "What it is",
            "stands in every statement and certificate",
            fields: [
                .input(state, "title", "Title", help: "As people call it."),
                .input(
                    state,
                    "product",
                    "Id",
                    help: "For good, in every statement: letters, digits, dashes.",
                    extra: short
                ),
                .input(
                    state,
                    "vendorID",
                    "Vendor ID",
                    help: "Of the CSA, 1 to 4 hexadecimal digits; FFF1 to FFF4 are for tests.",
                    extra: short
                ),
                .input(state, "productID", "Product ID", help: "Yours, 1 to 4 hexadecimal digits.", extra: short),
                .select(
                    state,
                    "family",
                    "Chip family",
                    families.map { ($0.name, "\($0.name): \($0.words)", .empty) },
                    help: "What kind of chip the line programs."
                ),
                .input(
                    state,
                    "serialPrefix",
                    "Serial prefix",
                    help: "1 to 8 capital letters, digits or dashes; every device serial begins with it.",
                    extra: short
                ),
            ]
        )
    }

    private static func certificates(_ state: FormState) -> CardForm.Card {
        CardForm.Card(
            "certificates",
            "Certificates and keys",
            "from the ceremony: public values alone",
            fields: [
                .area(
                    state,
                    "paa",
                    "PAA certificate",
                    help:
                        "The authority above all PAIs: PEM, or base64 of its DER. Its vendor ID must be the product's.",
                    after: FilePick.certificate(into: "paa")
                ),
                .area(
                    state,
                    "debugRoot",
                    "Debug root certificate",
                    help: "Signs debug tokens: base64 of the ADAC certificate.",
                    after: FilePick.certificate(into: "debugRoot")
                ),
                .area(
                    state,
                    "vendorRoots",
                    "Silicon vendor's roots",
                    help: "For chips with a vendor certificate: PEM, or base64, one a line; four at most.",
                    isRequired: false,
                    after: FilePick.certificate(into: "vendorRoots", isMany: true)
                ),
                .input(
                    state,
                    "secureBootKey",
                    ReviewWords.secureBootKey,
                    help: "Verifies the firmware: a P-256 point, 130 hexadecimal digits that begin with 04.",
                    extra: long
                ),
            ],
            after:
                "<p class=\"help\">The Certification Declaration comes with each version, since the CSA certifies versions.</p>"
        )
    }

    private static func rules(_ state: FormState) -> CardForm.Card {
        let (permissions, own) = DebugPermissionFields.fields(state, value: String(repeating: "0", count: 32))
        let fields: [Field] = [
            .select(
                state,
                "chipIdentity",
                "Chip identity",
                ChipIdentityLevel.allCases.map { ($0.rawValue, $0.words, .empty) },
                help: "How a chip must prove what it is; no version may ask for less."
            ),
            .input(
                state,
                "keySlots",
                "Key slots",
                help:
                    "Names with commas between; a star after one that all units share: ota*. Each version has a key of its own in each.",
                isRequired: false,
                extra: short
            ),
            .input(
                state,
                "longestSilence",
                "Longest silence, minutes",
                .number,
                help: "Without word from the portal for so long, no new unit starts. Empty: no rule.",
                isRequired: false,
                extra: "min=\"1\""
            ),
            .input(
                state,
                "socClass",
                ReviewWords.debugClass,
                .number,
                help: "The chip's class as the debug root names it, 1 or more.",
                extra: "min=\"1\""
            ),
        ]
        let shown = fields.map { Markup.of($0) }.joined()
        return CardForm.Card(
            id: "rules",
            title: "Rules of the line",
            text: "what a station and a chip may do",
            body: "<div class=\"fields four\">\(shown)</div>\(permissions)",
            fields: fields + own
        )
    }

    private static func quota(_ state: FormState, _ odms: [Organisation]) -> CardForm.Card {
        CardForm.Card(
            "quota",
            "Quota and people",
            "how much may be made, and by whom",
            fields: [
                .input(
                    state,
                    "lifetimeTotal",
                    "Lifetime total",
                    .number,
                    help: "Units that may ever be made, over all versions and factories.",
                    extra: "min=\"1\""
                ),
                .input(
                    state,
                    "largestBatch",
                    "Largest batch",
                    .number,
                    help: "Units in one batch. Empty: no rule.",
                    isRequired: false,
                    extra: "min=\"1\""
                ),
                .input(
                    state,
                    "longestWindow",
                    "Longest window, days",
                    .number,
                    help: "Between a batch's opening and its end. Empty: no rule.",
                    isRequired: false,
                    extra: "min=\"1\""
                ),
                odms.isEmpty
                    ? nil
                    : .select(
                        state,
                        "organisation",
                        "First ODM",
                        [("", "Nobody yet", .empty)] + odms.map { ($0.id.text, $0.name, .empty) },
                        help: "Comes into the product's workspace at once. More can be let in later.",
                        isRequired: false
                    ),
            ].compactMap { $0 }
        )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#form}}{{> card-form}}{{/form}}
        """#
}
