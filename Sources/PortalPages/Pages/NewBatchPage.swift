public import PortalProtocol
public import Vocabulary

/// A batch to be made.
public struct NewBatchPage: PageView {
    public static let name = "batch-new"
    public let title = "New batch"
    let head: Head
    let refusal: Note?
    let form: FormBox?
    let none: Empty?
    let choice: Field?
    let choose: Button

    /// What the form says where nobody enters another number.
    public static let usualAllowanceDays = 90
    public static let longestAllowanceDays = 3_650

    /// Where a batch could be made, and how much.
    public struct Place: Sendable {
        public let edgeHSM: EdgeHSMID
        public let factory: Factory
        public let remaining: Int

        public init(edgeHSM: EdgeHSMID, factory: Factory, remaining: Int) {
            (self.edgeHSM, self.factory, self.remaining) = (edgeHSM, factory, remaining)
        }
    }

    /// - Parameters:
    ///   - versions: approved ones: `product/version` and its words.
    ///   - chosen: one of them.
    public init(
        versions: [(value: String, words: String)],
        chosen: String?,
        places: [Place],
        rules: ProductRules?,
        form state: FormState
    ) {
        head = Head(
            "New batch",
            crumbs: [("Batches", "/batches")],
            lead: "Allows one EdgeHSM to make a number of units within a window. Neither can be raised afterwards."
        )
        refusal = state.note
        choose = Button("Choose", style: .usual)
        choice =
            versions.isEmpty
            ? nil
            : .select(
                nil,
                "version",
                "Version",
                versions.map { ($0.value, $0.words, .empty) },
                help: "Only versions that the officers approved can be made.",
                value: chosen ?? ""
            )
        guard chosen != nil, !places.isEmpty else {
            form = nil
            none =
                versions.isEmpty
                ? Empty(
                    .review,
                    "No approved version yet",
                    "A batch is made of a version that the officers of your OEM have approved. Your engineer prepares it; the product's page says how far it is.",
                    [Button("Go to products", "/products")]
                )
                : Empty(
                    .factory,
                    "No EdgeHSM of yours has an allotment of this product",
                    "The approval that the OEM's officers sign allots units to each EdgeHSM. Ask the OEM for one that names yours; an EdgeHSM that is not enrolled yet gets none.",
                    [Button("Go to factories", "/factories")]
                )
            return
        }
        none = nil
        form = FormBox(
            action: "/batches/new?version=\(chosen ?? "")",
            form: state,
            groups: Self.groups(places, rules, state),
            submit: Button("Create batch", style: .primary),
            cancel: "/batches",
            isBatch: true
        )
    }

    /// What a batch here can hold, the tightest limit first: the product's rule, or less where less is left.
    public static func most(_ place: Place, _ rules: ProductRules?) -> String {
        let left = Format.number(place.remaining)
        let here = "At most \(left): what is left at \(place.edgeHSM.text)"
        guard let rule = rules?.largestBatch?.value else { return here }
        return place.remaining < rule
            ? "\(here) (the product's rule: \(Format.number(rule)))"
            : "At most \(Format.number(rule)): the product's rule (left at \(place.edgeHSM.text): \(left))"
    }

    /// The most units of a batch here, as rule and allotment are.
    public static func mostUnits(_ place: Place, _ rules: ProductRules?) -> Int {
        min(place.remaining, rules?.largestBatch?.value ?? .max)
    }

    private static func groups(
        _ places: [Place],
        _ rules: ProductRules?,
        _ state: FormState
    ) -> [(title: String?, text: Markup, fields: [Field])] {
        let options = places.map { place -> (value: String, text: String, extra: Markup) in
            (
                place.edgeHSM.text,
                "\(place.factory.name), \(place.edgeHSM.text): \(Format.number(place.remaining)) left",
                "data-remaining=\"\(place.remaining)\" data-limit=\"\(mostUnits(place, rules))\" data-zone=\"\(place.factory.timeZone)\" data-most=\"\(most(place, rules))\""
            )
        }
        let chosen = places.first { $0.edgeHSM.text == state.values["edgeHSM"] } ?? places.first
        let window = rules?.longestWindow.map { "At most \(Format.duration($0)) after it opens." }
        return [
            (
                nil, .empty,
                [
                    .input(
                        state,
                        "batch",
                        "Name",
                        help: "Letters, digits, dots and dashes. Each name can be used once for a product."
                    ),
                    .select(state, "edgeHSM", "EdgeHSM", options, help: "The number is what is left of its allotment."),
                    .input(
                        state,
                        "quantity",
                        "Quantity",
                        .number,
                        extra: "min=\"1\" max=\"10000000\" step=\"1\"",
                        after:
                            "<p class=\"help\" data-left role=\"status\">\(chosen.map { most($0, rules) } ?? "")</p>"
                    ),
                ]
            ),
            (
                "Window",
                "In the time of the factory chosen above.",
                [
                    .input(
                        state,
                        "notBefore",
                        "Window opens",
                        .dateTime,
                        after: "<p class=\"help mono\" data-utc=\"notBefore\"></p>"
                    ),
                    .input(
                        state,
                        "notAfter",
                        "Window closes",
                        .dateTime,
                        help: window,
                        after: "<p class=\"help mono\" data-utc=\"notAfter\"></p>"
                    ),
                ]
            ),
            (
                "Allowances",
                "For rework of this batch's units. Empty: none.",
                [
                    .input(state, "debugUnlocks", "Debug unlocks", .number, isRequired: false, extra: "min=\"0\""),
                    .input(state, "reprovisions", "Re-provisionings", .number, isRequired: false, extra: "min=\"0\""),
                    .input(state, "rotations", "Credential rotations", .number, isRequired: false, extra: "min=\"0\""),
                    .input(
                        state,
                        "allowanceDays",
                        "Valid for, days",
                        .number,
                        help: "Counted from when the window closes.",
                        value: String(Self.usualAllowanceDays),
                        extra: "min=\"1\" max=\"\(Self.longestAllowanceDays)\""
                    ),
                ]
            ),
        ]
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#refusal}}{{> note}}{{/refusal}}
        {{#choice}}<section class="panel" aria-label="Version"><div class="panel-body"><form class="pick" method="get" action="/batches/new">{{> field}}{{#choose}}{{> button}}{{/choose}}</form></div></section>{{/choice}}
        {{#none}}<section class="panel">{{> empty}}</section>{{/none}}
        {{#form}}<section class="panel" aria-labelledby="terms"><div class="panel-head"><h2 id="terms">Terms</h2></div><div class="panel-body">{{> form}}</div></section>{{/form}}
        """#
}
