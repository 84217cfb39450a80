import PortalProtocol
import Statements
import Vocabulary

// What stands on an EdgeHSM's page beside its tables: figures, identity, the journal and how to check it.
extension EdgePage {
    static func figures(_ content: Content, _ now: Instant) -> Markup {
        let journal = content.journal
        let open = journal.accounts.filter { $0.remaining > 0 }
        let sums = journal.accounts.reduce(into: (issued: 0, burned: 0)) {
            ($0.issued, $0.burned) = ($0.issued + $1.issued, $0.burned + $1.burned)
        }
        func since(_ time: Instant?, _ note: Markup) -> (Markup, Markup) {
            guard let time else { return ("Never", "none so far") }
            return (
                "<time datetime=\"\(time.description)\">\(Format.duration(max(0, now - time)))</time>", "ago, \(note)"
            )
        }
        let (checkpoint, byClock) = since(journal.checkpointTime, "by its own clock")
        let (heard, byPortal) = since(journal.heardAt, "by the portal's clock")
        var items: [Stats.Item] = [
            .init("Last heard", heard, byPortal), .init("Last checkpoint", checkpoint, byClock),
            .init("Journal entries", .number(journal.storedSize), "since it was enrolled"),
            .init(
                "Issued",
                .number(sums.issued),
                sums.burned == 0
                    ? "no serial burned"
                    : sums.burned == 1 ? "1 serial burned" : "\(Format.number(sums.burned)) serials burned"
            ),
            .init(
                "Not yet issued",
                .number(open.reduce(0) { $0 + $1.remaining }),
                open.isEmpty ? "no package has any" : open.count == 1 ? "in 1 package" : "in \(open.count) packages"
            ),
        ]
        if let preparations = content.preparations {
            let ready = preparations.count { $0.certificates?.installedAt != nil }
            items.append(
                .init(
                    "PAIs inside",
                    .number(ready),
                    preparations.count == ready ? "none under way" : "\(preparations.count - ready) under way"
                )
            )
        }
        return .of(Stats(items))
    }

    /// As the officers signed it, by names that say what each key is for.
    static func identity(_ content: Content) -> Markup {
        let lines = content.enrolment.enumerated().map { index, line -> (String, Markup) in
            (labels[line.field] ?? FieldLabel.of(line.field), value(line, content, "identity-\(index)"))
        }
        let rest: [(String, Markup)] = [
            ("Signed by", .text(content.signers.joined(separator: ", "))),
            (
                "Statement",
                .folded(
                    content.statement.hex,
                    Format.short(content.statement.hex, 10),
                    id: "enrolment-statement",
                    name: "statement's digest"
                )
            ),
        ]
        return .of(Definitions(lines + rest))
    }

    /// What the enrolment's own words mean to people.
    private static let labels = [
        "EdgeHSM": "Name", "factory": "Factory", "identity": "Signs its journal with",
        "packages sealed to": "Opens packages with", "product keys wrapped to": "Unwraps product keys with",
        "token": "Security module", "issued": "Enrolled",
    ]

    private static func value(_ line: Line, _ content: Content, _ id: String) -> Markup {
        if line.field == "factory", line.words == content.factory.id.text {
            return .link(content.factory.name, "/factories/\(content.factory.id.text)")
        }
        if let time = try? Instant(line.words) { return .time(time) }
        if line.field == "token", let serial = line.words.firstMatch(of: /^serial ([0-9A-Za-z]+), (.*)$/) {
            return .sub(.code(String(serial.1)), .text(String(serial.2)))
        }
        guard let digest = line.words.firstMatch(of: /[0-9a-f]{64}/) else { return .text(line.words) }
        let hex = String(digest.0)
        let kind = line.words[..<digest.range.lowerBound]
        let words = kind == "key " ? "id of a P-256 key" : String(kind)
        return .sub(
            .folded(hex, Format.short(hex, 10), id: id, name: labels[line.field] ?? line.field),
            .text(words)
        )
    }

    // MARK: - Journal

    /// Whether everything that came so far fits together.
    static func consistency(_ journal: EdgeJournal) -> Markup {
        if let halted = journal.halted { return "\(.badge(.bad, "Contradicts itself")) It was \(halted)." }
        if journal.quarantined > 0 {
            let count = Format.number(journal.quarantined)
            return
                "\(.badge(.warn, "In part")) \(.link("\(count) entries in quarantine", "/alarms")) were judged wrong."
        }
        guard journal.storedSize > 0 else { return "\(.badge(.idle, "Empty", isOpen: true)) Nothing came so far." }
        return "\(.badge(.ok, "Consistent")) Every checkpoint continued the one before; no entry was judged wrong."
    }

    static func log(_ journal: EdgeJournal, _ now: Instant) -> Markup {
        .of(
            Definitions([
                ("Software", .text(journal.softwareVersion ?? "not told yet")),
                ("Entries stored", .number(journal.storedSize)),
                ("Journal root", .folded(journal.storedRoot.hex, id: "root", name: "journal root")),
                ("Started", journal.epoch == 1 ? "once" : "\(Format.number(journal.epoch)) times"),
                ("Newest checkpoint", journal.checkpointTime.map { .time($0, seconds: true) } ?? "none yet"),
                ("Last heard", journal.heardAt.map { .time($0, seconds: true) } ?? "never"),
                (
                    "In quarantine",
                    journal.quarantined == 0 ? .number(0) : .link(Format.number(journal.quarantined), "/alarms")
                ),
            ])
        )
    }

    /// How whoever trusts neither portal nor factory looks for themselves.
    static func check(_ edge: String) -> Markup {
        let command = """
            obis-factory export --config factory.json --out .
            obis-verify journal journal.json --enrolment enrolment-\(edge).json --root-key root-authority.pem
            """
        return """
            <h3>Check it without the portal</h3>\
            <p class="small muted">The site exports its copy; with the enrolment from above, every entry, signature and count is judged. \
            The same size must have the same root.</p>\
            \(Markup.of(CodeBlock(command: command, id: "journal-command", label: "Commands that check the journal")))
            """
    }
}

/// Words of a statement as a label: with a capital.
enum FieldLabel {
    static func of(_ field: String) -> String { field.prefix(1).uppercased() + field.dropFirst() }
}
