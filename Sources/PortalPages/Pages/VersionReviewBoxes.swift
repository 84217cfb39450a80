import PortalProtocol
import Vocabulary

/// What a version's review shows: checks, differences, the words and octets that officers sign.
extension VersionPage {
    /// What whoever reviews must not miss stands above everything.
    static func notes(_ content: Content) -> [Note] {
        var notes: [Note] = []
        if let rejected = content.version.rejected {
            notes.append(Note(.bad, "Rejected", .text(rejected.reason?.text ?? "No reason was given.")))
        }
        let (checks, unclean) = (content.review.evidence, content.review.evidence.filter { $0.verdict != .passed })
        let stopped = stoppedGains(content)
        guard !unclean.isEmpty else { return notes + stopped }
        let items = unclean.map { check -> Markup in "<li>\(ReviewWords.label(check.field)): <b>\(check.words)</b></li>"
        }
        return notes + [
            Note(
                unclean.contains { $0.verdict == .failed } ? .bad : .warn,
                "\(unclean.count) of \(checks.count) checks \(unclean.count == 1 ? "calls" : "call") for caution",
                list: "<ul>\(items.joined())</ul>"
            )
        ] + stopped
    }

    /// Units for an EdgeHSM whose journal contradicts itself: officers see that before they sign.
    private static func stoppedGains(_ content: Content) -> [Note] {
        guard content.version.state == .submitted else { return [] }
        let gains = UnitFigure.split(content.review.approvalChanges).units.filter { $0.difference > 0 }
        let items = gains.compactMap { figure -> Markup? in
            guard let edge = figure.edge, let place = content.edges[edge], let halted = place.halted else { return nil }
            return """
                <li>\(.link(edge.text, place.address(of: edge))) at \(place.factory): <b>+\(Format.number(figure.difference)) units, \
                but its journal is \(halted)</b></li>
                """
        }
        guard !items.isEmpty else { return [] }
        return [
            Note(
                .warn,
                items.count == 1
                    ? "A stopped EdgeHSM is allotted more" : "\(items.count) stopped EdgeHSMs are allotted more",
                "Allotted is for good unless an order takes it back. Settle the stop first.",
                list: "<ul>\(items.joined())</ul>"
            )
        ]
    }

    static func main(_ content: Content, _ tab: Tab) -> [Box] {
        switch tab {
        case .manifest: content.review.against == nil ? [evidence(content), manifest(content)] : [manifest(content)]
        case .statement: statement(content)
        case .changes: changes(content)
        }
    }

    private static func manifest(_ content: Content) -> Box {
        let review = content.review
        let isFirst: Markup = review.against == nil ? "The product's first version: all of it is new. " : .empty
        return Box(
            "manifest",
            "Everything in the manifest",
            lines("Manifest", review.manifest),
            note: "\(isFirst)SHA-256 \(.digest(content.version.manifest.hex))",
            actions: [
                Button(
                    "Manifest",
                    "/products/\(review.product.text)/versions/\(review.version.text)/manifest.json",
                    icon: .export,
                    isSmall: true,
                    isDownload: true
                )
            ],
            isFlush: true
        )
    }

    private static func statement(_ content: Content) -> [Box] {
        guard let statement = content.review.approval else {
            return [
                Box(
                    "statement",
                    "What officers sign",
                    .empty(
                        .review,
                        "No approval is proposed yet",
                        "One of the OEM's security officers proposes totals, allotments and rules; then the officers sign exactly these bytes."
                    ),
                    isFlush: true
                )
            ]
        }
        return [
            Box(
                "statement",
                "What officers sign, in words",
                "<p class=\"panel-lead\">\(statement.summary)</p>" + rawLines("Approval", statement.lines),
                isFlush: true
            ),
            Box(
                "bytes",
                "The exact bytes",
                """
                \(Markup.of(Definitions([
                    ("Payload type", .code(statement.payloadType)),
                    ("Statement, SHA-256 of the payload", .copyable(statement.statement.hex, id: "statement-digest", name: "statement digest")),
                    ("What the token signs, SHA-256", .copyable(statement.signedDigest.hex, id: "signed-digest", name: "signed digest")),
                ])))\(Markup.of(CodeBlock(statement.payload, id: "payload", label: "Payload, every octet visible")))
                """,
                note: "obis approve shows the same and signs nothing else"
            ),
        ]
    }

    private static func changes(_ content: Content) -> [Box] {
        let review = content.review
        let against =
            review.against.map { "Against \($0.text), approved before" }
            ?? "The product's first version: all of it is new"
        var boxes = [
            Box(
                "changes",
                "What changed",
                review.changes.isEmpty
                    ? .empty(.check, "Nothing changed", "Every field of the manifest is as it was.")
                    : .diff(ReviewOrder.first(review.changes)),
                note: .text(against),
                isFlush: true
            ),
            evidence(content),
        ]
        let figures = UnitFigure.split(review.approvalChanges)
        if !figures.units.isEmpty {
            boxes.append(
                Box(
                    "units",
                    "Units that may ever be made",
                    UnitFigure.table(figures.units, content.edges),
                    note: "against the approval before",
                    isFlush: true
                )
            )
        }
        if !figures.others.isEmpty {
            boxes.append(
                Box(
                    "figures",
                    "Terms against the approval before",
                    .diff(ReviewOrder.first(figures.others), "Changed terms", id: "term"),
                    isFlush: true
                )
            )
        }
        return boxes
    }

    /// As the portal says it everywhere.
    private static func lines(_ caption: String, _ lines: [ReviewLine]) -> Markup {
        .table(
            caption,
            [.init("Field"), .init("Value", .wide)],
            lines.enumerated().map { index, line in
                [
                    .text(ReviewWords.label(line.field)),
                    "<span class=\"breaks\">\(ReviewWords.value(line.field, line.words, id: "line-\(index)"))</span>",
                ]
            }
        )
    }

    /// As an officer's own machine shows it, to the character.
    private static func rawLines(_ caption: String, _ lines: [ReviewLine]) -> Markup {
        .table(
            caption,
            [.init("Field"), .init("Value", .wide)],
            lines.map { [.text($0.field), "<span class=\"mono breaks\">\($0.words)</span>"] }
        )
    }

    private static func evidence(_ content: Content) -> Box {
        let evidence = content.review.evidence
        let passed = evidence.count { $0.verdict == .passed }
        return Box(
            "evidence",
            "What the portal verified itself",
            .table(
                "Checks",
                [.init("Check"), .init("Evidence", .wide)],
                evidence.enumerated().map { index, check in
                    let words = ReviewWords.value(check.field, check.words, id: "check-\(index)")
                    return [
                        .text(ReviewWords.label(check.field)),
                        "\(check.verdict.mark)<div class=\"breaks\">\(words)</div>",
                    ]
                },
                style: "checks"
            ),
            note: "\(passed) of \(evidence.count) passed",
            isFlush: true
        )
    }
}

extension ReviewCheck.Verdict {
    /// A sign with its word for whoever can't see it.
    var mark: Markup {
        let (tone, icon, words): (Tone, Icon, String) =
            switch self {
            case .passed: (.ok, .check, "Passed")
            case .caution: (.warn, .warning, "Caution")
            case .failed: (.bad, .cross, "Failed")
            }
        return "<span class=\"mark \(tone.rawValue)\">\(icon.markup)<span class=\"sr\">\(words): </span></span>"
    }
}

/// What a reviewer looks at first: who may do what with the device, and under which keys.
enum ReviewOrder {
    private static let words = [
        "key", "secure boot", "debug", "lifetime", "largest", "longest", "rule", "identity", "root", "exception",
        "rotations", "re-provisionings", "paa",
    ]

    static func isSecurity(_ field: String) -> Bool {
        let field = field.lowercased()
        return words.contains { field.contains($0) }
    }

    /// Otherwise in the order in which they came.
    static func first(_ changes: [ReviewChange]) -> [ReviewChange] {
        changes.filter { isSecurity($0.field) } + changes.filter { !isSecurity($0.field) }
    }
}

/// A changed number of units, read from the words of the statement, so that it can be set beside the one before.
struct UnitFigure: Hashable {
    let place: String
    /// Nil for what is of no one EdgeHSM.
    let edge: EdgeHSMID?
    let before: Int?
    let after: Int?

    /// `edge-1: 180 units over all versions and batches`, `9100 units`, `1 unit`. Nil for anything else.
    private static func read(_ words: String?) -> (place: String?, units: Int)? {
        guard let found = words?.wholeMatch(of: /(?:([^:\s]+): )?([0-9]{1,18}) units?(?:\s.*)?/),
            let units = Int(found.2)
        else { return nil }
        return (found.1.map { String($0) }, units)
    }

    init?(_ change: ReviewChange) {
        guard ["allotment", "not allotted", "lifetime total"].contains(change.field) else { return nil }
        let (old, new) = (Self.read(change.before), Self.read(change.after))
        // What can't be read is shown as it stands.
        guard (change.before == nil) == (old == nil), (change.after == nil) == (new == nil) else { return nil }
        let name = new?.place ?? old?.place
        guard (name != nil) == (change.field == "allotment") else { return nil }
        edge = name.flatMap { try? EdgeHSMID($0) }
        place = name ?? change.field.prefix(1).uppercased() + change.field.dropFirst()
        (before, after) = (old?.units, new?.units)
    }

    var difference: Int { (after ?? 0) - (before ?? 0) }

    /// Figures of units, and all the rest.
    static func split(_ changes: [ReviewChange]) -> (units: [UnitFigure], others: [ReviewChange]) {
        (changes.compactMap { UnitFigure($0) }, changes.filter { UnitFigure($0) == nil })
    }

    static func table(_ figures: [UnitFigure], _ edges: [EdgeHSMID: EdgePlace] = [:]) -> Markup {
        .table(
            "Units by EdgeHSM",
            [.init("EdgeHSM"), .init("Now", .number), .init("New", .number), .init("Difference", .number)],
            figures.map { figure in
                let sign = figure.difference > 0 ? "+" : ""
                return [
                    figure.named(edges), figure.before.map { .number($0) } ?? .none("not allotted before"),
                    figure.after.map { .number($0) } ?? .none("not allotted any more"),
                    "<strong>\(sign)\(Format.number(figure.difference))</strong>",
                ]
            }
        )
    }

    /// With its factory, and whether it is stopped.
    private func named(_ edges: [EdgeHSMID: EdgePlace]) -> Markup {
        guard let edge, let known = edges[edge] else { return .text(place) }
        return .sub("\(.link(edge.text, known.address(of: edge)))\(.stopped(known.halted))", .text(known.factory))
    }
}
