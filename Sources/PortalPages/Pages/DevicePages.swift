public import PortalProtocol
import Statements
public import Vocabulary

/// Devices by what stands on them, and by date, result, batch and factory.
public struct DeviceListPage: SheetPage {
    public static let name = "devices"
    public let title = "Devices"
    let sheet: Sheet

    /// - Parameters:
    ///   - isLookUp: a serial or the like was asked for, and these answer to it.
    ///   - ungranted: an authorization that was asked for and that the viewer's portal has no batch of.
    ///   - isContinued: there are newer ones on the page before.
    ///   - exports: addresses of the same list as CSV and JSON.
    ///   - values: as they were entered.
    public init(
        _ units: [UnitView],
        isLookUp: Bool = false,
        ungranted: Digest256? = nil,
        isContinued: Bool = false,
        next: String? = nil,
        exports: [String] = [],
        values: [String: String],
        batches: [Batch],
        factories: [Factory],
        now: Instant
    ) {
        let places = Dictionary(factories.map { ($0.id, $0) }) { first, _ in first }
        let known = Dictionary(batches.map { ($0.authorization, $0.id) }) { first, _ in first }
        let ordered = units.sorted { ($0.issuedAt, $0.sequence) > ($1.issuedAt, $1.sequence) }
        let rows = ordered.map { unit -> [Markup] in
            let batch = known[unit.authorization]
            return [
                .sub(.serial(unit), .code(unit.chip.hex)),
                unit.stage.badge(unit.isExposed),
                .sub(
                    .link(unit.product.text, "/products/\(unit.product.text)"),
                    batch.map { .link(unit.batch, "/batches/\($0.text)") } ?? .text(unit.batch)
                ),
                .factory(unit.factory, places, unit.edgeHSM),
                .text(unit.station), .time(unit.issuedAt, seconds: true), .ago(unit.changedAt, now: now),
            ]
        }
        let isFiltered = values.contains { !$0.value.isEmpty }
        let empty =
            ungranted != nil
            ? Empty(
                .batch,
                "No batch of this authorization",
                "It was not granted here, or it is not one of yours: a journal names it, and devices are listed by the batches that are."
            )
            : isFiltered
                ? Empty(
                    .search,
                    "No such device",
                    "No journal that you may see has one. A device that was made while a factory was offline appears with its next upload."
                )
                : Empty(.device, "No device yet", "Devices appear with their factory's first upload.")
        let title = Self.title(units.count, isLookUp, isFiltered, isContinued, hasMore: next != nil)
        sheet = Sheet(
            Head("Devices", lead: "Every device as its EdgeHSM's journal tells it."),
            above: Self.filters(values, ungranted, batches, factories),
            main: [
                Box(
                    "list",
                    title,
                    .table(
                        "Devices",
                        [
                            .init("Serial"), .init("Result", .tight), .init("Product and batch"), .init("Factory"),
                            .init("Station", .tight), .init("Issued", .tight), .init("Last change", .tight),
                        ],
                        rows,
                        empty: empty,
                        next: next
                    ),
                    actions: zip(["CSV", "JSON"], exports).map {
                        Button($0, $1, icon: .export, isSmall: true, isDownload: true)
                    },
                    isFlush: true
                )
            ]
        )
    }
}

extension Markup {
    /// A unit's serial, which leads to it.
    fileprivate static func serial(_ unit: UnitView) -> Markup {
        "<a href=\"/devices/\(unit.id.text)\"><code>\(unit.serial.text)</code></a>"
    }
}

extension UnitStage {
    var words: String {
        switch self {
        case .open: "In work"
        case .done: "Passed"
        case .failed: "Scrapped"
        case .released: "Re-provisioned"
        case .replaced: "Replaced"
        }
    }
}

/// One device from its first touch to its last.
public struct DevicePage: SheetPage {
    public static let name = "device"
    public let title: String
    let sheet: Sheet

    /// A certificate in words.
    public struct CertificateText: Sendable {
        public enum Value: Sendable {
            case text(String)
            /// Digits of a serial, a key id, a digest.
            case digits(String)
            case time(Instant)
        }

        public let title: String
        public let lines: [(String, Value)]
        public let pem: String

        public init(title: String, lines: [(String, Value)], pem: String) {
            (self.title, self.lines, self.pem) = (title, lines, pem)
        }
    }

    /// What stands on the label.
    public enum Label: Sendable {
        /// There is none to be shown.
        case none(LabelStanding)
        /// The viewer may ask for it.
        case closed(FormState)
        case shown(UnitLabel)
    }

    /// - Parameters:
    ///   - label: nil for whom it is not.
    ///   - batch: that it was made of; nil where the viewer does not see it.
    public init(
        _ history: UnitHistory,
        certificates: [CertificateText],
        hasProof: Bool,
        label: Label?,
        place factory: Factory? = nil,
        batch: Batch? = nil,
        zone: String,
        viewer: Viewer,
        now: Instant
    ) {
        let unit = history.unit
        let site = Markup.link(factory?.name ?? unit.factory.text, "/factories/\(unit.factory.text)")
        let box = Markup.link(unit.edgeHSM.text, "/factories/\(unit.factory.text)/edges/\(unit.edgeHSM.text)")
        let made = batch.map { Markup.link($0.batch.text, "/batches/\($0.id.text)") } ?? .text(unit.batch)
        title = unit.serial.text
        let place = "/devices/\(unit.id.text)"
        var notes: [Note] = []
        if unit.isExposed {
            notes.append(
                Note(
                    .warn,
                    "Its DAC is exposed",
                    "A debug port that could read keys was opened. It needs a new key or a wipe before it is complete again."
                )
            )
        }
        if !unit.isCurrent {
            notes.append(
                Note(
                    .warn,
                    "In a tail that its EdgeHSM lost",
                    "The journal went on without it; its certificate may still be out in the world."
                )
            )
        }
        if case .closed(let form) = label, let refused = form.note { notes.insert(refused, at: 0) }
        let file = "proof-\(unit.serial.text).json"
        let proof: Markup =
            hasProof
            ? """
            <p class="small muted">Checks without the portal: the entry stands in the journal that the EdgeHSM signed.</p>\
            \(Markup.of(CodeBlock(command: "obis-verify journal --proof \(file) --root-key root-authority.pem", id: "proof-command", label: "Command that checks the proof")))\
            <p>\(Markup.of(Button("Inclusion proof", "\(place)/proof.json", icon: .export, isSmall: true, isDownload: true)))</p>
            """
            : "<p class=\"muted\">No checkpoint covers the entry yet. The factory's next upload brings one.</p>"
        sheet = Sheet(
            Head(
                unit.serial.text,
                crumbs: [("Devices", "/devices")],
                badges: unit.stage.badge(unit.isExposed),
                lead:
                    "\(.link(unit.product.text, "/products/\(unit.product.text)")), unit \(Format.number(unit.index + 1)) of \(made), made at \(site)"
            ),
            notes: notes,
            main: [
                Box("timeline", "From first touch to now", Self.timeline(history)),
                Box("certificates", "Certificates", Self.certificates(certificates)),
            ],
            side: [
                Box(
                    "identity",
                    "Identity",
                    .of(
                        Definitions([
                            ("Serial", .code(unit.serial.text)),
                            ("Chip UID", .copyable(unit.chip.hex, id: "chip", name: "chip UID")),
                            ("Generation", Self.generation(history)), ("Station", .code(unit.station)),
                            ("Certified", .twoZones(unit.issuedAt, zone)),
                            ("Product", .link(unit.product.text, "/products/\(unit.product.text)")), ("Batch", made),
                            ("Factory", .sub(site, .code(unit.factory.text))), ("EdgeHSM", box),
                            ("Journal position", .number(unit.sequence)),
                            ("Unit", .folded(unit.unit.hex, id: "unit", name: "unit's digest")),
                        ])
                    )
                ),
                label.map { Box("label", "Label", Self.label($0, place)) }, Box("proof", "Proof", proof),
            ].compactMap { $0 }
        )
    }

    private static func label(_ label: Label, _ place: String) -> Markup {
        switch label {
        case .closed(let form):
            return """
                <p class="small muted">Whoever has the code can take the device into their home. That you saw it is entered in the audit log.</p>\
                <form method="post" action="\(place)">\(form.hidden)\(Markup.of(Button("Show code", icon: .key)))</form>
                """
        case .none(let standing): return "<p class=\"muted\">\(standing.words)</p>"
        case .shown(let label):
            var rest = label.manualCode[...]
            let groups = (label.manualCode.count == 11 ? [4, 3, 4] : [4, 3, 4, 5, 5]).map { count in
                defer { rest = rest.dropFirst(count) }
                return String(rest.prefix(count))
            }
            return """
                <div class="scan"><div class="qr" role="img" aria-label="QR code of the device; its manual code stands beside it as text">\(QRMarkup.of(label.picture))</div>\
                <div class="stack-s"><p class="strong">Manual code</p><p>\(.copyable(groups.joined(separator: "-"), id: "manual-code", name: "manual code"))</p>\
                <p class="small muted">Entered in the audit log. Leave this page to put the code away.</p></div></div>
                """
        }
    }

    /// Its own figure, with what was before it and what came after.
    private static func generation(_ history: UnitHistory) -> Markup {
        let beside: [Markup] = [
            history.previous.map { .link("generation \($0.generation) before it", "/devices/\($0.id.text)") },
            history.next.map { .link("generation \($0.generation) after it", "/devices/\($0.id.text)") },
        ].compactMap { $0 }
        guard !beside.isEmpty else { return .number(history.unit.generation) }
        return .sub(.number(history.unit.generation), beside.joined(", "))
    }

    /// Where a device's life goes on under another generation.
    private static func follow(_ step: UnitStep, _ history: UnitHistory) -> Markup {
        switch step.kind {
        case "reprovisioned":
            guard let next = history.next else { return .empty }
            return ": goes on as \(.link("generation \(next.generation)", "/devices/\(next.id.text)"))"
        case "issued":
            guard let previous = history.previous else { return .empty }
            return
                " after \(.link("generation \(previous.generation)", "/devices/\(previous.id.text)")) was re-provisioned"
        default: return .empty
        }
    }

    private static func timeline(_ history: UnitHistory) -> Markup {
        .of(
            Timeline(
                history.steps.map { step in
                    let (tone, words) = EntryWords.of(step.kind)
                    return .init(
                        tone,
                        "\(words)\(follow(step, history))",
                        when: "\(.time(step.time, seconds: true)) · entry \(step.sequence)",
                        detail: """
                            <details class="details"><summary>\(Icon.chevron.markup)Entry as it is signed for</summary>\
                            \(Markup.of(CodeBlock(String(decoding: step.entry.bytes, as: UTF8.self), id: "entry-\(step.sequence)", label: "Entry \(step.sequence)")))</details>
                            """
                    )
                }
            )
        )
    }

    private static func words(_ value: CertificateText.Value) -> Markup {
        switch value {
        case .text(let text): .text(text)
        case .digits(let digits): .code(digits)
        case .time(let time): .time(time, seconds: true)
        }
    }

    private static func certificates(_ certificates: [CertificateText]) -> Markup {
        guard !certificates.isEmpty else { return "<p class=\"muted\">The journal holds no certificate of it.</p>" }
        return certificates.enumerated().map { index, certificate -> Markup in
            """
            <h3>\(certificate.title)</h3>\(Markup.of(Definitions(certificate.lines.map { ($0.0, words($0.1)) })))\
            <details class="details"><summary>\(Icon.chevron.markup)PEM</summary>\(Markup.of(CodeBlock(certificate.pem, id: "pem-\(index)", label: "\(certificate.title) as PEM")))</details>
            """
        }.joined()
    }
}

extension LabelStanding {
    var words: String {
        switch self {
        case .ready: "It can be shown."
        case .missing: "The factory has sent no label record of this device yet."
        case .unfinished: "The device is not finished: until it is, its label is printed at the line."
        case .void: "The device was scrapped, re-provisioned or replaced: its code opens nothing any more."
        case .batchOver: "The device's batch is closed, so its label is for the OEM alone to show."
        }
    }
}

/// Kinds of journal entries in words.
enum EntryWords {
    private static let words: [String: (Tone, String)] = [
        "issued": (.info, "Certified"), "factoryDataGiven": (.idle, "Factory data given"),
        "keySealed": (.idle, "Product key sealed to the chip"),
        "permitted": (.idle, "Firmware permitted"), "completed": (.ok, "Passed"), "failed": (.bad, "Scrapped"),
        "debugUnlocked": (.warn, "Debug port unlocked"), "reprovisioned": (.warn, "Re-provisioned"),
        "rotated": (.info, "Credential rotated"),
        "refused": (.bad, "Refused"), "malformed": (.bad, "Entry that can't be read"),
    ]

    static func of(_ kind: String) -> (Tone, String) { words[kind] ?? (.idle, kind) }
}
