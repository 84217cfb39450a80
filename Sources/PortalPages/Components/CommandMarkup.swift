/// A command as a page shows it: every line of it is a block of its own whose rest is set in, so that a line that wraps is
/// told from one that begins; it wraps between two arguments, an argument that is longer than a line within itself; and what
/// is copied is the command itself, to the character.
enum CommandMarkup {
    /// Characters of a flag with its value that still stay on one line.
    private static let longestPair = 34

    static func of(_ command: String) -> Markup {
        let lines = command.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().map { index, text -> Markup in
            // The break belongs to the line that it ends: between two blocks it would be a line of its own.
            let end: Markup = index == lines.count - 1 ? .empty : "\n"
            return "<span class=\"line\">\(line(String(text)))\(end)</span>"
        }.joined()
    }

    private static func line(_ text: String) -> Markup {
        var rest = parts(text)[...]
        var shown = Markup.empty
        while let part = rest.popFirst() {
            guard !part.isSpace else {
                shown += .text(part.text)
                continue
            }
            var words = part.text
            // `--flag value`: two arguments that are read as one.
            if words.hasPrefix("-"), !words.contains("="), rest.count >= 2 {
                let (gap, value) = (rest[rest.startIndex], rest[rest.startIndex + 1])
                let isValue = value.text.first.map { !"-\\|&".contains($0) } ?? false
                if isValue, gap.text == " ", words.count + 1 + value.text.count <= longestPair {
                    words += gap.text + value.text
                    rest = rest.dropFirst(2)
                }
            }
            shown += "<span class=\"arg\">\(words)</span>"
        }
        return shown
    }

    /// Arguments and the spaces between them. What stands in quotes is one argument.
    private static func parts(_ text: String) -> [(text: String, isSpace: Bool)] {
        var parts: [(text: String, isSpace: Bool)] = []
        var quote: Character?
        for character in text {
            let isSpace = quote == nil && character == " "
            if quote == character { quote = nil } else if quote == nil, "'\"".contains(character) { quote = character }
            if let last = parts.indices.last, parts[last].isSpace == isSpace {
                parts[last].text.append(character)
            } else {
                parts.append((String(character), isSpace))
            }
        }
        return parts
    }
}
