public import PortalProtocol
public import Vocabulary

/// What a security officer proposes the officers to sign.
public struct ApprovalPage: PageView {
    public static let name = "approval"
    public let title = "Propose an approval"
    let head: Head
    let form: FormBox
    let none: Empty?

    /// - Parameter places: EdgeHSMs with what they are allotted now.
    public init(
        product: Product,
        version: VersionName,
        places: [(edge: EdgeHSMID, factory: String, allotment: Int)],
        expires: String,
        form state: FormState
    ) {
        let place = "/products/\(product.product.text)/versions/\(version.text)"
        head = Head(
            "Propose an approval",
            crumbs: [
                ("Products", "/products"), (product.title.text, "/products/\(product.product.text)"),
                (version.text, place),
            ],
            lead:
                "Figures are cumulative over all approvals and versions: they say how much may ever be made, not how much more."
        )
        none =
            places.isEmpty
            ? Empty(
                .device,
                "No EdgeHSM is enrolled",
                "An approval allots units to EdgeHSMs. Enrol a factory's first.",
                [Button("To the factories", "/factories")]
            ) : nil
        form = FormBox(
            action: "\(place)/approval",
            form: state,
            groups: [
                (
                    nil, .empty,
                    [
                        .input(
                            state,
                            "lifetimeTotal",
                            "Lifetime total",
                            .number,
                            help: "At most \(Format.number(product.lifetimeTotal.value)), the product's own.",
                            value: String(product.lifetimeTotal.value)
                        ),
                        .input(
                            state,
                            "expiresAt",
                            "Good until",
                            .dateTime,
                            help: "UTC. No new batch loads afterwards.",
                            value: expires
                        ),
                    ]
                ),
                (
                    "Allotments",
                    "Units of the product that each EdgeHSM may ever be granted. Empty: none. None may fall below what it is.",
                    places.map {
                        .input(
                            state,
                            "edge-\($0.edge.text)",
                            "\($0.factory), \($0.edge.text)",
                            .number,
                            help: $0.allotment > 0 ? "Now \(Format.number($0.allotment))." : nil,
                            value: $0.allotment > 0 ? String($0.allotment) : "",
                            isRequired: false,
                            extra: "min=\"0\""
                        )
                    }
                ),
                (
                    "At most in each batch", .empty,
                    [
                        .input(
                            state,
                            "largestBatch",
                            "Units",
                            .number,
                            value: product.rules.largestBatch.map { String($0.value) } ?? "",
                            isRequired: false,
                            extra: "min=\"1\""
                        ),
                        .input(state, "debugUnlocks", "Debug unlocks", .number, value: "0", extra: "min=\"0\""),
                        .input(state, "reprovisions", "Re-provisionings", .number, value: "0", extra: "min=\"0\""),
                        .input(state, "rotations", "Credential rotations", .number, value: "0", extra: "min=\"0\""),
                        .input(
                            state,
                            "longestSilence",
                            "Longest silence, minutes",
                            .number,
                            value: product.rules.longestSilence.map { String($0 / 60) } ?? "",
                            isRequired: false,
                            extra: "min=\"1\""
                        ),
                        .input(
                            state,
                            "longestWindow",
                            "Longest window, days",
                            .number,
                            value: product.rules.longestWindow.map { String($0 / 86_400) } ?? "",
                            isRequired: false,
                            extra: "min=\"0\""
                        ),
                    ]
                ),
            ],
            submit: Button("Propose it", style: .primary),
            cancel: place
        )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#none}}<section class="panel">{{> empty}}</section>{{/none}}{{^none}}<section class="panel" aria-labelledby="terms"><div class="panel-head"><h2 id="terms">Terms</h2></div><div class="panel-body">{{#form}}{{> form}}{{/form}}</div></section>{{/none}}
        """#
}
