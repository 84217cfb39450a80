public import PortalProtocol
import Statements
public import Vocabulary

/// Devices by serial, chip UID, DAC serial or key; by batch, day and result.
public struct DeviceListPage: SheetPage {
    public static let name = "devices"
    public let title = "Devices"
    let sheet: Sheet

    /// - Parameters:
    ///   - query: as it was entered; empty: nothing was asked yet.
    ///   - units: nil: nothing was asked.
    public init(
        query: String,
        units: [UnitView]?,
        next: String?,
        batches: [Batch],
        values: [String: String],
        now: Instant
    ) {
        let fields: [Field] = [
            .input(
                FormState(values: values, key: "", csrf: ""),
                "q",
                "Serial, chip UID or DAC serial",
                .search,
                isRequired: false,
                extra: "maxlength=\"128\" autocomplete=\"off\" spellcheck=\"false\""
            ),
            .select(
                FormState(values: values, key: "", csrf: ""),
                "batch",
                "Batch",
                [("", "Any", .empty)] + batches.map { ($0.authorization.hex, $0.batch.text, .empty) },
                isRequired: false
            ),
            .select(
                FormState(values: values, key: "", csrf: ""),
                "stage",
                "Result",
                [("", "Any", .empty)] + UnitStage.allCases.map { ($0.rawValue, $0.words, .empty) },
                isRequired: false
            ),
        ]
        let form = fields.map { Markup.of($0) }.joined()
        let filters: Markup = """
            <section class="panel" aria-label="Search"><div class="panel-body"><form class="filters" method="get" action="/devices">\(form)\(Markup.of(Button("Search", icon: .search, style: .primary)))</form></div></section>
            """
        let rows = (units ?? []).map { unit -> [Markup] in
            [
                .sub(.link(unit.serial.text, "/devices/\(unit.id.text)"), .code(unit.chip.hex)),
                unit.stage.badge(unit.isExposed),
                .sub(.text(unit.product.text), .text(unit.batch)),
                .sub(.text(unit.factory.text), .text(unit.edgeHSM.text)),
                .text(unit.station), .time(unit.issuedAt), .ago(unit.changedAt, now: now),
            ]
        }
        let empty =
            units == nil
            ? Empty(
                .search,
                "Look a device up",
                "By what stands on its label, in its chip or in its certificate; or list a batch by result."
            )
            : Empty(
                .search,
                "No such device",
                "Nothing in the journals that you may see answers to this. A device that was made behind a cut link appears with the factory's next upload."
            )
        sheet = Sheet(
            Head("Devices", lead: "Every device as its EdgeHSM's journal tells it."),
            above: filters,
            main: [
                Box(
                    "list",
                    units == nil ? "Result" : "\(units?.count ?? 0) found",
                    .table(
                        "Devices",
                        [
                            .init("Serial"), .init("Result", .tight), .init("Product and batch"), .init("Factory"),
                            .init("Station", .tight), .init("Certified", .tight), .init("Last change", .tight),
                        ],
                        rows,
                        empty: empty,
                        next: next
                    ),
                    isFlush: true
                )
            ]
        )
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
        public let title: String
        public let lines: [(String, String)]
        public let pem: String

        public init(title: String, lines: [(String, String)], pem: String) {
            (self.title, self.lines, self.pem) = (title, lines, pem)
        }
    }

    public init(
        _ history: UnitHistory,
        certificates: [CertificateText],
        hasProof: Bool,
        zone: String,
        viewer: Viewer,
        now: Instant
    ) {
        let unit = history.unit
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
        let file = "proof-\(unit.serial.text).json"
        let proof: Markup =
            hasProof
            ? """
            <p class="small muted">Checks without the portal: the entry stands in the journal that the EdgeHSM signed.</p>\
            \(Markup.of(CodeBlock("obis-verify journal --proof \(file) --root-key root-authority.pem", id: "proof-command", label: "Command that checks the proof")))\
            <p>\(Markup.of(Button("Inclusion proof", "\(place)/proof.json", icon: .export, isSmall: true, isDownload: true)))</p>
            """
            : "<p class=\"muted\">No checkpoint covers the entry yet. The factory's next upload brings one.</p>"
        sheet = Sheet(
            Head(
                unit.serial.text,
                crumbs: [("Devices", "/devices")],
                badges: unit.stage.badge(unit.isExposed),
                lead:
                    "\(.link(unit.product.text, "/products/\(unit.product.text)")), unit \(Format.number(unit.index + 1)) of \(unit.batch), made at \(.link(unit.factory.text, "/factories/\(unit.factory.text)"))"
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
                            ("Generation", .number(unit.generation)), ("Station", .text(unit.station)),
                            ("Certified", .twoZones(unit.issuedAt, zone)), ("EdgeHSM", .text(unit.edgeHSM.text)),
                            ("Journal position", .number(unit.sequence)), ("Unit", .digest(unit.unit.hex)),
                        ])
                    )
                ),
                Box("proof", "Proof", proof),
            ]
        )
    }

    private static func timeline(_ history: UnitHistory) -> Markup {
        .of(
            Timeline(
                history.steps.map { step in
                    let (tone, words) = EntryWords.of(step.kind)
                    return .init(
                        tone,
                        .text(words),
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

    private static func certificates(_ certificates: [CertificateText]) -> Markup {
        guard !certificates.isEmpty else { return "<p class=\"muted\">The journal holds no certificate of it.</p>" }
        return certificates.enumerated().map { index, certificate -> Markup in
            """
            <h3>\(certificate.title)</h3>\(Markup.of(Definitions(certificate.lines.map { ($0.0, .text($0.1)) })))\
            <details class="details"><summary>\(Icon.chevron.markup)PEM</summary>\(Markup.of(CodeBlock(certificate.pem, id: "pem-\(index)", label: "\(certificate.title) as PEM")))</details>
            """
        }.joined()
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
