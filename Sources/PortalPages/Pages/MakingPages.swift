public import PortalProtocol
import Statements
import Vocabulary

/// Of a field with many digits, which has a line of its own so that they can be seen.
private let long: Markup = "class=\"long mono\" spellcheck=\"false\" autocomplete=\"off\""

/// A product to be made: what stays the same over all its versions.
public struct NewProductPage: PageView {
    public static let name = "product-new"
    public let title = "New product"
    let head: Head
    let refusal: Note?
    let form: FormBox

    /// - Parameters:
    ///   - families: chip families that the portal knows, with what tells them apart.
    ///   - isFirst: the last step of the first start.
    public init(families: [(name: String, words: String)], isFirst: Bool = false, form state: FormState) {
        head = Head(
            "New product",
            crumbs: [("Products", "/products")],
            badges: isFirst ? .badge(.info, "Step 3 of 3") : .empty,
            lead: "What is fixed here stays the same over all versions. The officers' approvals keep to its rules.",
            actions: isFirst ? [Button("Later", "/")] : []
        )
        refusal = state.note
        form = FormBox(
            action: "/products/new",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(
                            state,
                            "product",
                            "Id",
                            help: "Stands in every statement, for good. Small letters, digits, dashes."
                        ),
                        .input(state, "title", "Title", help: "For people."),
                        .input(state, "vendorID", "Vendor ID", help: "Matter, hexadecimal.", value: "FFF1"),
                        .input(state, "productID", "Product ID", help: "Matter, hexadecimal.", value: "8000"),
                        .select(
                            state,
                            "family",
                            "Chip family",
                            families.map { ($0.name, "\($0.name): \($0.words)", .empty) }
                        ),
                        .input(
                            state,
                            "serialPrefix",
                            "Serial prefix",
                            help: "1 to 8 characters; every device serial begins with it."
                        ),
                    ]
                ),
                (
                    "Limits", .empty,
                    [
                        .input(
                            state,
                            "lifetimeTotal",
                            "Lifetime total",
                            .number,
                            help: "Units that may ever be made, everywhere.",
                            extra: "min=\"1\""
                        ),
                        .input(state, "largestBatch", "Largest batch", .number, isRequired: false, extra: "min=\"1\""),
                        .input(
                            state,
                            "longestSilence",
                            "Longest silence, minutes",
                            .number,
                            help: "Then no new units start without word from the portal.",
                            isRequired: false,
                            extra: "min=\"1\""
                        ),
                        .input(
                            state,
                            "longestWindow",
                            "Longest window, days",
                            .number,
                            help: "Between a batch's opening and its end.",
                            isRequired: false,
                            extra: "min=\"1\""
                        ),
                        .select(
                            state,
                            "chipIdentity",
                            "Chip identity",
                            ChipIdentityLevel.allCases.map { ($0.rawValue, $0.words, .empty) },
                            help: "At least this, in every version."
                        ),
                    ]
                ),
                (
                    "Trust",
                    "From the ceremony: public values alone. Each key slot has a key of its own for each version, in the portal's token.",
                    [
                        .input(
                            state,
                            "secureBootKey",
                            "Secure-boot key",
                            help: "P-256 point, 130 hexadecimal digits: it verifies the firmware.",
                            extra: long
                        ),
                        .area(state, "paa", "PAA certificate", help: "Base64 of its DER, or PEM."),
                        .area(state, "debugRoot", "Debug root certificate", help: "Base64 of the ADAC certificate."),
                        .area(
                            state,
                            "vendorRoots",
                            "Silicon vendor's roots",
                            help: "For chips with a vendor certificate: PEM, or base64, one a line.",
                            isRequired: false
                        ),
                        .input(state, "socClass", "ADAC soc_class", .number, value: "0"),
                        .input(
                            state,
                            "debugPermissions",
                            "Debug permissions",
                            help: "Largest mask of any version: 32 hexadecimal digits.",
                            value: String(repeating: "0", count: 32),
                            extra: long
                        ),
                        .input(
                            state,
                            "keySlots",
                            "Key slots",
                            help: "Names with commas between; a star after one that all units share: ota*.",
                            isRequired: false
                        ),
                    ]
                ),
            ],
            submit: Button("Create product", style: .primary),
            cancel: "/products"
        )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#refusal}}{{> note}}{{/refusal}}
        <section class="panel" aria-labelledby="foundation"><div class="panel-head"><h2 id="foundation">Foundation</h2></div><div class="panel-body">{{#form}}{{> form}}{{/form}}</div></section>
        """#
}

/// A version to be made of firmware, declaration and description.
public struct NewVersionPage: PageView {
    public static let name = "version-new"
    public let title = "New version"
    let head: Head
    let refusal: Note?
    let form: FormBox
    let uploads: [Upload]
    let csrf: String

    struct Upload: Sendable {
        let title: String
        let help: String
        let id: String
        let path: String
        let into: String
        let csrf: String
        let command: CodeBlock
    }

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
        csrf = state.csrf
        uploads = [
            ("firmware", "Firmware", "In the family's own format, signed; at most 64 MiB.", "firmware"),
            ("declarations", "Certification Declaration", "As the CSA gave it, DER.", "declaration"),
        ]
        .map { path, title, help, field in
            Upload(
                title: title,
                help: help,
                id: "upload-\(field)",
                path: "/v1/\(path)",
                into: "#f-\(field)",
                csrf: state.csrf,
                command: CodeBlock(
                    "curl -T FILE -H 'Authorization: Bearer …' -H 'Content-Type: application/octet-stream' https://\(host)/v1/\(path)/$(sha256sum FILE | cut -c1-64)",
                    id: "curl-\(field)",
                    label: "Command that uploads \(title.lowercased())"
                )
            )
        }
        func value(_ name: String, _ usual: String = "") -> String { values[name] ?? usual }
        refusal = state.note
        form = FormBox(
            action: "\(place)/versions/new",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(state, "version", "Version", help: "Its name, 1.4.0. Never used again."),
                        .input(
                            state,
                            "softwareVersion",
                            "Software version",
                            .number,
                            help: "Matter's number; where the firmware says one, the same.",
                            value: value("softwareVersion")
                        ),
                        .input(
                            state,
                            "firmware",
                            "Firmware, SHA-256",
                            help: "The upload above fills it in. A file that the portal has already needs no upload.",
                            value: value("firmware"),
                            extra: long
                        ),
                        .input(
                            state,
                            "declaration",
                            "Declaration, SHA-256",
                            help: "The upload above fills it in too.",
                            value: value("declaration"),
                            extra: long
                        ),
                        .input(
                            state,
                            "deviceType",
                            "Device type",
                            help: "Of Matter, as 0x0100 for a light; decimal is read too.",
                            value: value("deviceType")
                        ),
                        .select(
                            state,
                            "chipIdentity",
                            "Chip identity",
                            ChipIdentityLevel.allCases.map { ($0.rawValue, $0.words, .empty) },
                            value: value("chipIdentity", product.rules.chipIdentity.rawValue)
                        ),
                    ]
                ),
                (
                    "Commissioning", .empty,
                    [
                        .select(
                            state,
                            "flow",
                            "Flow",
                            [("0", "Standard", .empty), ("1", "User intent", .empty), ("2", "Custom", .empty)],
                            value: value("flow", "0")
                        ),
                        .input(
                            state,
                            "discovery",
                            "Discovery",
                            .number,
                            help: "Bits: 2 BLE, 4 on-network.",
                            value: value("discovery", "2")
                        ),
                        .input(
                            state,
                            "iterations",
                            "SPAKE2+ rounds",
                            .number,
                            value: value("iterations", "1000"),
                            extra: "min=\"1000\" max=\"100000\""
                        ),
                        .input(
                            state,
                            "debugPermissions",
                            "Debug permissions",
                            help: "Within the product's mask: 32 hexadecimal digits.",
                            value: value("debugPermissions", product.foundation.debugPermissions.text),
                            extra: long
                        ),
                    ]
                ),
                (
                    "Factory data", "The same in every unit.",
                    [
                        .input(state, "encoding", "Encoding", value: value("encoding")),
                        .input(state, "vendorName", "Vendor name", value: value("vendorName")),
                        .input(state, "productName", "Product name", value: value("productName")),
                        .input(state, "productLabel", "Product label", value: value("productLabel"), isRequired: false),
                        .input(state, "productURL", "Product URL", value: value("productURL"), isRequired: false),
                        .input(state, "partNumber", "Part number", value: value("partNumber"), isRequired: false),
                        .input(
                            state,
                            "hardwareVersion",
                            "Hardware version",
                            .number,
                            value: value("hardwareVersion", "1")
                        ),
                        .input(
                            state,
                            "hardwareVersionString",
                            "Hardware version in words",
                            value: value("hardwareVersionString", "1")
                        ),
                    ]
                ),
            ],
            submit: Button("Create draft", style: .primary),
            cancel: place
        )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#refusal}}{{> note}}{{/refusal}}
        <section class="panel" aria-labelledby="files"><div class="panel-head"><h2 id="files">Files</h2></div><div class="panel-body"><div class="halves">{{#uploads}}<div class="stack-s"><h3 id="{{id}}-title">{{title}}</h3><p class="help">{{help}}</p>
        <form class="form" data-upload="{{path}}" data-into="{{into}}" hidden aria-labelledby="{{id}}-title"><input type="hidden" name="csrf" value="{{csrf}}"><div class="field"><label for="{{id}}">File</label><input type="file" id="{{id}}" name="file"></div><div class="actions"><button type="submit" class="button">Upload</button></div><progress max="100" value="0" aria-label="{{title}}: sent"></progress><output class="help mono" for="{{id}}"></output></form>
        <p class="help">By a program, with an API token instead of the session:</p>{{#command}}{{> code}}{{/command}}</div>{{/uploads}}</div></div></section>
        <section class="panel" aria-labelledby="description"><div class="panel-head"><h2 id="description">Description</h2></div><div class="panel-body">{{#form}}{{> form}}{{/form}}</div></section>
        """#
}
