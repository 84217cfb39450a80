import PortalProtocol
import Vocabulary

extension DeviceListPage {
    /// How many are listed; how many there are is counted nowhere, and to count them would take longer with every one.
    static func title(_ count: Int, _ isLookUp: Bool, _ isFiltered: Bool, _ isContinued: Bool, hasMore: Bool) -> String
    {
        let number = Format.number(count)
        let devices = count == 1 ? "1 device" : "\(number) devices"
        if isLookUp { return "\(number) found" }
        if isContinued { return isFiltered ? "\(devices) before that match" : "\(devices) before" }
        if hasMore { return isFiltered ? "Newest \(number) that match" : "Newest \(devices)" }
        return isFiltered ? "\(devices), all that match" : devices.prefix(1) == "0" ? "Devices" : "All \(devices)"
    }

    private static let narrowing = ["stage", "batch", "factory", "from", "to"]

    /// What stands on a device, and what narrows the list: one form, one button.
    static func filters(
        _ values: [String: String],
        _ ungranted: Digest256?,
        _ batches: [Batch],
        _ factories: [Factory]
    ) -> Markup {
        let form = FormState(values: values, key: "", csrf: "")
        let search = Field.input(
            form,
            "q",
            "Serial, chip UID, DAC serial or key id",
            .search,
            isRequired: false,
            extra: "class=\"mono\" maxlength=\"128\" autocomplete=\"off\" spellcheck=\"false\""
        )
        let fields: [Field] = [
            .select(
                form,
                "stage",
                "Result",
                [("", "Any", .empty)] + UnitStage.allCases.map { ($0.rawValue, $0.words, .empty) },
                isRequired: false
            ),
            .select(
                form,
                "batch",
                "Batch",
                [("", "Any", .empty)] + batches.map { ($0.id.text, $0.batch.text, .empty) },
                isRequired: false
            ),
            .select(
                form,
                "factory",
                "Factory",
                [("", "Any", .empty)] + factories.map { ($0.id.text, $0.name, .empty) },
                isRequired: false
            ),
            .input(form, "from", "Issued from, UTC", .date, isRequired: false),
            .input(form, "to", "To, UTC", .date, isRequired: false),
        ]
        let isSet = values.contains { !$0.value.isEmpty }
        let isNarrow = narrowing.contains { values[$0]?.isEmpty == false }
        let chip: Markup = ungranted.map { .chip("Authorization", .digest($0.hex), without: "/devices") } ?? .empty
        return """
            <section class="panel" aria-label="Find and filter"><div class="panel-body">\
            <form class="filters" method="get" action="/devices" aria-label="Find devices">\(.of(search))\
            \(.fold("Filters", fields.map { Markup.of($0) }.joined(), isOpen: isNarrow))\
            <div class="row">\(Markup.of(Button("Find", icon: .search, style: .primary)))\
            \(isSet ? .of(Button("Clear", "/devices", style: .quiet)) : Markup.empty)\(chip)</div></form></div></section>
            """
    }
}
