public import PortalProtocol
import Statements
import Vocabulary

/// A version to be made of firmware, declaration and description.
public struct NewVersionPage: PageView {
    public static let name = "version-new"
    public let title = "New version"
    let head: Head
    let form: CardForm

    private static let short: Markup = "class=\"mono\" spellcheck=\"false\" autocomplete=\"off\""

    /// - Parameters:
    ///   - values: of the version before, which most fields keep.
    ///   - host: of the portal, for the command without a script.
    public init(product: Product, values: [String: String], host: String, form state: FormState) {
        let place = "/products/\(product.product.text)"
        head = Head(
            "New version of \(product.title.text)",
            crumbs: [("Products", "/products"), (product.title.text, place)],
            lead:
                "The portal checks all against all at once; what does not fit is refused with its reason. A version is a draft until you submit it."
        )
        form = CardForm(
            action: "\(place)/versions/new",
            form: state,
            cards: [
                Self.identity(state, values), Self.files(state, values, host), Self.rules(state, values, product),
                Self.factoryData(state, values),
            ],
            submit: Button("Create draft", style: .primary),
            cancel: place
        )
    }

    private static func identity(_ state: FormState, _ values: [String: String]) -> CardForm.Card {
        CardForm.Card(
            "identity",
            "What it is",
            "most is kept from the version before",
            fields: [
                .input(
                    state,
                    "version",
                    "Version",
                    help: "For example 1.4.0. A version's name is used once.",
                    extra: short
                ),
                .input(
                    state,
                    "softwareVersion",
                    "Software version",
                    .number,
                    help: "Matter's number; where the firmware says one, the same.",
                    value: values["softwareVersion"] ?? ""
                ),
                .input(
                    state,
                    "deviceType",
                    "Device type",
                    help: "Of Matter, as 0x0100 for a light; decimal is read too.",
                    value: values["deviceType"] ?? "",
                    extra: short
                ),
            ]
        )
    }

    /// Both files, each with its digest: the upload fills that in, or a program does.
    private static func files(_ state: FormState, _ values: [String: String], _ host: String) -> CardForm.Card {
        let files = [
            ("firmware", "Firmware", "In the family's own format, signed; at most 64 MiB.", "firmware"),
            ("declarations", "Certification Declaration", "As the CSA gave it, DER.", "declaration"),
        ]
        .map { path, title, help, name -> (Field, Markup) in
            let digest = Field.input(
                state,
                name,
                "\(title), SHA-256",
                help: "The upload fills it in. A file that the portal has already needs none.",
                value: values[name] ?? "",
                extra: NewProductPage.long
            )
            let command = CodeBlock(
                command:
                    "curl -T FILE -H 'Authorization: Bearer …' -H 'Content-Type: application/octet-stream' https://\(host)/v1/\(path)/$(sha256sum FILE | cut -c1-64)",
                id: "curl-\(name)",
                label: "Command that uploads \(title.lowercased())"
            )
            return (
                digest,
                """
                <div class="stack-s"><h3>\(title)</h3><p class="help">\(help)</p>\
                \(FilePick.upload("Choose and upload", to: "/v1/\(path)", into: name))\(.of(digest))\
                <details class="details"><summary>\(Icon.chevron.markup)Upload by a program, with an API token</summary>\(.of(command))</details></div>
                """
            )
        }
        return CardForm.Card(
            id: "files",
            title: "Firmware and declaration",
            text: "checked when the draft is made",
            body: "<div class=\"halves\">\(files.map(\.1).joined())</div>",
            fields: files.map(\.0)
        )
    }

    private static func rules(
        _ state: FormState,
        _ values: [String: String],
        _ product: Product
    ) -> CardForm.Card {
        let most = product.foundation.debugPermissions
        let (permissions, own) = DebugPermissionFields.fields(
            state,
            value: values["debugPermissions"] ?? most.text,
            most: most
        )
        let fields: [Field] = [
            .select(
                state,
                "chipIdentity",
                "Chip identity",
                ChipIdentityLevel.allCases.map { ($0.rawValue, $0.words, .empty) },
                help: "The product wants at least: \(product.rules.chipIdentity.words).",
                value: values["chipIdentity"] ?? product.rules.chipIdentity.rawValue
            ),
            .select(
                state,
                "flow",
                "Commissioning flow",
                [("0", "Standard", .empty), ("1", "User intent", .empty), ("2", "Custom", .empty)],
                help: "What a user does before the device can be found.",
                value: values["flow"] ?? "0"
            ),
            .input(
                state,
                "discovery",
                "Discovery",
                .number,
                help: "How it is found, bits added: 2 BLE, 4 on-network.",
                value: values["discovery"] ?? "2"
            ),
            .input(
                state,
                "iterations",
                ReviewWords.rounds,
                .number,
                help: "From 1,000 to 100,000. More rounds make guessing the setup code more expensive.",
                value: values["iterations"] ?? "1000",
                extra: "min=\"1000\" max=\"100000\""
            ),
        ]
        let shown = fields.map { Markup.of($0) }.joined()
        return CardForm.Card(
            id: "rules",
            title: "Commissioning and permissions",
            text: "within the product's rules",
            body: "<div class=\"fields four\">\(shown)</div>\(permissions)",
            fields: fields + own
        )
    }

    private static func factoryData(_ state: FormState, _ values: [String: String]) -> CardForm.Card {
        func value(_ name: String, _ usual: String = "") -> String { values[name] ?? usual }
        return CardForm.Card(
            "factory-data",
            "Factory data",
            "the same in every unit",
            fields: [
                .input(state, "vendorName", "Vendor name", value: value("vendorName")),
                .input(state, "productName", "Product name", value: value("productName")),
                .input(state, "productLabel", "Product label", value: value("productLabel"), isRequired: false),
                .input(state, "productURL", "Product URL", value: value("productURL"), isRequired: false),
                .input(state, "partNumber", "Part number", value: value("partNumber"), isRequired: false),
                .input(state, "hardwareVersion", "Hardware version", .number, value: value("hardwareVersion", "1")),
                .input(
                    state,
                    "hardwareVersionString",
                    "Hardware version in words",
                    value: value("hardwareVersionString", "1")
                ),
                .input(
                    state,
                    "encoding",
                    ReviewWords.encoding,
                    help: "How the chip family stores it.",
                    value: value("encoding"),
                    extra: short
                ),
            ]
        )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#form}}{{> card-form}}{{/form}}
        """#
}
