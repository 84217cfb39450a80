public import Vocabulary

/// A link that is shown this once.
public struct LinkPage: SheetPage {
    public static let name = "link"
    public let title: String
    let sheet: Sheet

    /// - Parameters:
    ///   - text: the link, code or token itself.
    ///   - command: what to do with it, where it is a command.
    public init(
        title: String,
        words: String,
        text: String,
        command: String? = nil,
        expiresAt: Instant,
        back: (String, String)
    ) {
        self.title = title
        let commandBlock: Markup = command.map { .of(CodeBlock($0, id: "once-command", label: "Command")) } ?? .empty
        sheet = Sheet(
            Head(title, crumbs: [back]),
            notes: [
                Note(
                    .warn,
                    "Shown this once",
                    "The portal keeps a digest alone. Pass it on by a way that you trust, then go on."
                )
            ],
            main: [
                Box(
                    "once",
                    words,
                    "\(Markup.of(CodeBlock(text, id: "once-text", label: words)))\(commandBlock)<p class=\"muted small\">Good until \(.time(expiresAt)), for one use.</p><p>\(Markup.of(Button("Done", back.1, style: .primary)))</p>"
                )
            ]
        )
    }
}
