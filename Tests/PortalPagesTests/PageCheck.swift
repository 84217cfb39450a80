import Testing

/// What holds for every page, whatever stands on it.
struct PageCheck {
    let html: String

    /// Octets of a page, its stylesheet and its scripts together.
    static let largest = 150_000

    /// Without the whole page in the message.
    private func holds(_ truth: Bool, _ what: String) { if !truth { Issue.record("\(what)") } }

    func all(_ name: String) {
        holds(html.hasPrefix("<!doctype html>"), "\(name): doctype")
        inline(name)
        ids(name)
        labels(name)
        landmarks(name)
        tables(name)
        balance(name)
        commands(name)
    }

    /// What is typed into a terminal breaks between its arguments alone, wherever it stands.
    private func commands(_ name: String) {
        for block in html.matches(of: /<div class="code-block([^"]*)"><pre [^>]*aria-label="([^"]*)"/)
        where block.2.lowercased().contains("command") {
            holds(block.1.contains("command"), "\(name): \(block.2) is no CodeBlock(command:)")
        }
    }

    /// On a phone no table is cut off: its rows become cards, but for figures that are read down their columns.
    private func tables(_ name: String) {
        for table in html.matches(of: /<table class="([^"]*)"/) {
            let styles = table.1.split(separator: " ")
            holds(styles.contains("folds") || styles.contains("keeps"), "\(name): \(table.0)")
        }
    }

    /// The policy forbids what would be inline: a page must not have any.
    private func inline(_ name: String) {
        let found = html.firstMatch(of: /<style|<[^>]*\sstyle=|<[^>]*\son[a-z]+=|javascript:|data:text/)
        holds(found == nil, "\(name): inline \(found.map { String($0.0.prefix(120)) } ?? "")")
        for script in html.matches(of: /<script([^>]*)>/) {
            #expect(script.1.contains("src=\"/assets/"), "\(name): \(script.0)")
        }
        for place in html.matches(of: /(?:src|href|action)="([a-z]+:\/\/[^"]*)"/) {
            Issue.record("\(name) names another host: \(place.1)")
        }
    }

    private func ids(_ name: String) {
        let ids = html.matches(of: /\sid="([^"]*)"/).map { String($0.1) }
        holds(Set(ids).count == ids.count, "\(name): twice \(ids.filter { id in ids.count { $0 == id } > 1 })")
        for reference in html.matches(of: /(?:aria-labelledby|aria-describedby|for)="([^"]+)"/) {
            for id in reference.1.split(separator: " ") where !ids.contains(String(id)) {
                Issue.record("\(name): nothing has the id \(id)")
            }
        }
    }

    /// Every field has a label, every button and link a name.
    private func labels(_ name: String) {
        let labelled = Set(html.matches(of: /<label for="([^"]+)"/).map { String($0.1) })
        for field in html.matches(of: /<(?:input|select|textarea)\b([^>]*)>/) {
            let attributes = String(field.1)
            if attributes.contains("type=\"hidden\"") || attributes.contains("name=\"q\" placeholder") { continue }
            let id = attributes.firstMatch(of: /\sid="([^"]+)"/).map { String($0.1) } ?? ""
            holds(labelled.contains(id), "\(name): no label for \(attributes)")
        }
        for button in html.matches(of: /<(button|a)\b([^>]*)>((?:(?!<\/\1>)[\s\S])*)<\/\1>/) {
            let words = button.3.replacing(/<[^>]*>/, with: "").filter { !$0.isWhitespace }
            holds(!words.isEmpty || button.2.contains("aria-label"), "\(name): \(button.0.prefix(120))")
        }
    }

    private func landmarks(_ name: String) {
        holds(html.matches(of: /<main\b/).count == 1, "\(name): main")
        holds(html.matches(of: /<h1\b/).count == 1, "\(name): h1")
        holds(html.contains("<html lang=\"en-GB\""), "\(name): language")
        holds(html.firstMatch(of: /<title>[^<]+ · OBIS<\/title>/) != nil, "\(name): title")
    }

    /// Elements end where they began.
    private func balance(_ name: String) {
        let void: Set<String> = ["meta", "link", "input", "br", "wbr", "use", "rect", "path"]
        var open: [String] = []
        for tag in html.matches(of: /<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/) {
            let element = String(tag.2)
            if void.contains(element) || !tag.3.isEmpty { continue }
            if tag.1.isEmpty {
                open.append(element)
            } else if open.last == element {
                open.removeLast()
            } else {
                Issue.record("\(name): </\(element)> after <\(open.last ?? "")>")
                return
            }
        }
        #expect(open.isEmpty, "\(name): \(open)")
    }
}
