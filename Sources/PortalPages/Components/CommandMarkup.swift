/// A command as a page shows it: a line breaks between two arguments and nowhere else, and what is copied is the command
/// itself, to the character.
enum CommandMarkup {
    /// Characters of a flag with its value that still stay on one line.
    private static let longestPair = 34

    static func of(_ command: String) -> Markup {
        command.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }.joined("\n")
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
