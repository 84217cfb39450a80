import Testing

@testable import PortalPages

@Suite("Commands on pages")
struct CommandTests {
    /// What a browser copies: the text without its markup.
    private func copied(_ html: String) -> String {
        var text = html.replacing(/<[^>]*>/, with: "")
        for (escape, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
            text = text.replacing(escape, with: character)
        }
        return text
    }

    private func arguments(_ command: String) -> [String] {
        CommandMarkup.of(command).html.matches(of: /<span class="arg">([^<]*)<\/span>/).map { copied(String($0.1)) }
    }

    @Test("what is copied is the command to the character, whatever stands in it")
    func copies() {
        for command in [
            "obis ceremony plan.json --dry-run\nobis ceremony plan.json", "a  b   c", " leading", "trailing ", "",
            "curl -H 'Authorization: Bearer …' https://h/v1/x/$(sha256sum FILE | cut -c1-64)",
            "a && \\\n  b --c \"d e\"",
            "x '<b>' & y", "it's not closed",
        ] {
            #expect(copied(CommandMarkup.of(command).html) == command)
        }
    }

    @Test(
        "a line breaks between arguments alone: nothing but spaces stands outside of them, and none has one but in quotes"
    )
    func breaks() {
        let command = "obis-verify journal --proof proof.json --root-key root-authority.pem --dry-run"
        #expect(
            arguments(command)
                == ["obis-verify", "journal", "--proof proof.json", "--root-key root-authority.pem", "--dry-run"]
        )
        #expect(arguments("curl -H 'Accept: text/csv' URL") == ["curl", "-H 'Accept: text/csv'", "URL"])
        // A value that is long stands on a line of its own; a flag is no value, and neither is what joins two commands.
        let long = String(repeating: "x", count: 60)
        #expect(arguments("a --to \(long)") == ["a", "--to", long])
        #expect(arguments("a --quiet --to b && c") == ["a", "--quiet", "--to b", "&&", "c"])
        #expect(arguments("a --quiet | b") == ["a", "--quiet", "|", "b"])
        let outside = CommandMarkup.of(command).html.replacing(/<span class="arg">[^<]*<\/span>/, with: "")
        #expect(
            outside.replacing("<span class=\"line\">", with: "").replacing("</span>", with: "").allSatisfy { $0 == " " }
        )
    }

    @Test("each line of a command is a block whose rest is set in; an argument is whole, or breaks within the block")
    func style() {
        let lines = CommandMarkup.of("a --b \\\n  c\nd").html.matches(of: /<span class="line">/)
        #expect(lines.count == 3)
        #expect(!CommandMarkup.of("a\nb").html.contains("</span></span>\n"))
        #expect(Stylesheet.text.contains(".line { display: block; padding-left: 3ch; text-indent: -3ch; }"))
        #expect(Stylesheet.text.contains(".arg { display: inline-block; max-width: 100%;"))
    }
}
