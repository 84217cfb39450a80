public import PortalProtocol
public import Statements
public import Vocabulary

/// What a security officer proposes the officers to sign.
public struct ApprovalPage: PageView {
    public static let name = "approval"
    public let title = "Propose an approval"
    let head: Head
    let refusal: Note?
    let form: FormBox
    let none: Empty?

    /// - Parameters:
    ///   - current: what is proposed already.
    ///   - before: the approval that this one follows: what it allows goes on unless somebody changes it.
    ///   - places: EdgeHSMs with what they are allotted now.
    public init(
        product: Product,
        version: VersionName,
        current: VersionApproval? = nil,
        before: VersionApproval? = nil,
        places: [(edge: EdgeHSMID, factory: String, allotment: Int, halted: String?)],
        expires: String,
        form state: FormState
    ) {
        let place = "/products/\(product.product.text)/versions/\(version.text)"
        let proposed = current.map { approval in
            Dictionary(approval.allotments.map { ($0.edgeHSM, $0.units) }, uniquingKeysWith: { first, _ in first })
        }
        let (batch, silence, window) =
            current.map { ($0.rules.largestBatch, $0.rules.longestSilence, $0.rules.longestWindow) }
            ?? (product.rules.largestBatch?.value, product.rules.longestSilence, product.rules.longestWindow)
        head = Head(
            current == nil ? "Propose an approval" : "Change the proposal",
            crumbs: [
                ("Products", "/products"), (product.title.text, "/products/\(product.product.text)"),
                (version.text, place),
            ],
            lead:
                "Figures are cumulative over all approvals and versions: they say how much may ever be made, not how much more."
        )
        refusal = state.note
        none =
            places.isEmpty
            ? Empty(
                .device,
                "No EdgeHSM is enrolled",
                "An approval allots units to EdgeHSMs. An OEM admin enrols one at a factory first.",
                [Button("Go to factories", "/factories")]
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
                            value: String(current?.lifetimeTotal ?? product.lifetimeTotal.value)
                        ),
                        .input(
                            state,
                            "expiresAt",
                            "Valid until",
                            .dateTime,
                            help: "In UTC. No new batch can be loaded after this time.",
                            value: current.map { String($0.expiresAt.description.prefix(16)) } ?? expires
                        ),
                    ]
                ),
                (
                    "Allotments",
                    "Units of the product that each EdgeHSM may ever be granted. Empty: none. None may fall below what it is.",
                    places.map {
                        let units = proposed.map { [edge = $0.edge] in $0[edge] ?? 0 } ?? $0.allotment
                        return .input(
                            state,
                            "edge-\($0.edge.text)",
                            "\($0.factory), \($0.edge.text)",
                            .number,
                            help: Self.now($0.allotment, $0.halted),
                            value: units > 0 ? String(units) : "",
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
                            value: batch.map { String($0) } ?? "",
                            isRequired: false,
                            extra: "min=\"1\""
                        ),
                        .input(
                            state,
                            "debugUnlocks",
                            "Debug unlocks",
                            .number,
                            help: before.flatMap { Self.follows($0.allowances.debugUnlocks) },
                            value: String((current ?? before)?.allowances.debugUnlocks ?? 0),
                            extra: "min=\"0\""
                        ),
                        .input(
                            state,
                            "reprovisions",
                            "Re-provisionings",
                            .number,
                            help: before.flatMap { Self.follows($0.allowances.reprovisions) },
                            value: String((current ?? before)?.allowances.reprovisions ?? 0),
                            extra: "min=\"0\""
                        ),
                        .input(
                            state,
                            "rotations",
                            ReviewWords.rotations,
                            .number,
                            help: before.flatMap { Self.follows($0.allowances.rotations) },
                            value: String((current ?? before)?.allowances.rotations ?? 0),
                            extra: "min=\"0\""
                        ),
                        .input(
                            state,
                            "longestSilence",
                            "Longest silence, minutes",
                            .number,
                            value: silence.map { String($0 / 60) } ?? "",
                            isRequired: false,
                            extra: "min=\"1\""
                        ),
                        .input(
                            state,
                            "longestWindow",
                            "Longest window, days",
                            .number,
                            value: window.map { String($0 / 86_400) } ?? "",
                            isRequired: false,
                            extra: "min=\"0\""
                        ),
                    ]
                ),
            ],
            submit: Button("Propose", style: .primary),
            cancel: place
        )
    }

    private static func now(_ allotment: Int, _ halted: String?) -> String? {
        let words = [
            allotment > 0 ? "Now \(Format.number(allotment))." : nil,
            halted.map { "Stopped: its journal is \($0). Settle that before it is allotted more." },
        ].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private static func follows(_ count: Int) -> String? { count > 0 ? "Now \(Format.number(count))." : nil }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#refusal}}{{> note}}{{/refusal}}
        {{#none}}<section class="panel">{{> empty}}</section>{{/none}}{{^none}}<section class="panel" aria-labelledby="terms"><div class="panel-head"><h2 id="terms">Terms</h2></div><div class="panel-body">{{#form}}{{> form}}{{/form}}</div></section>{{/none}}
        """#
}
