import PortalProtocol
import Statements
import Vocabulary

/// What a state means for whoever looks: the one way in which colour is used, always beside a word.
enum Tone: String, Sendable, CaseIterable {
    case ok, warn, bad, info, idle

    var icon: Icon {
        switch self {
        case .ok: .check
        case .warn, .bad: .warning
        case .info, .idle: .info
        }
    }
}

/// Small pieces that stand inside a line or a table's cell.
extension Markup {
    static func badge(_ tone: Tone, _ text: String, isOpen: Bool = false) -> Markup {
        "<span class=\"badge \(tone.rawValue)\(isOpen ? " open" : "")\">\(text)</span>"
    }

    static func count(_ number: Int, _ tone: Tone = .bad) -> Markup {
        "<span class=\"badge count \(tone.rawValue)\">\(Format.number(number))</span>"
    }

    static func link(_ text: String, _ address: String) -> Markup { "<a href=\"\(address)\">\(text)</a>" }

    static func code(_ text: String) -> Markup { "<code>\(text)</code>" }

    /// A code of words with dots between: lines break after a dot, never within a word.
    static func dotted(_ text: String) -> Markup {
        let words = text.split(separator: ".", omittingEmptySubsequences: false).map { Markup.text(String($0)) }
        return "<code>\(words.joined(".<wbr>"))</code>"
    }

    /// The whole of a digest, on as many lines as it takes.
    static func whole(_ text: String) -> Markup { "<code class=\"breaks\">\(text)</code>" }

    /// A digest, shortened; the whole of it for whoever points at it or listens.
    static func digest(_ text: String, _ count: Int = 12) -> Markup {
        "<code class=\"digest\" title=\"\(text)\">\(Format.short(text, count))</code>"
    }

    /// A whole value with a button that copies it.
    static func copyable(_ text: String, id: String, name: String) -> Markup {
        """
        <span class="copy-line"><code id="\(id)">\(text)</code><button type="button" \
        class="button quiet icon-only small" data-copy="\(id)" hidden>\(Icon.copy.markup)<span class="sr">Copy \
        \(name)</span></button></span>
        """
    }

    /// A long value by its first characters; the whole of it, to be copied, for whoever opens it.
    /// - Parameter shown: what stands for it, if not its own beginning.
    static func folded(_ text: String, _ shown: String? = nil, id: String, name: String) -> Markup {
        """
        <details class="details whole"><summary>\(Icon.chevron.markup)<code>\(shown ?? Format.short(text, 16))</code>\
        <span class="sr">, show the whole \(name)</span></summary>\(copyable(text, id: id, name: name))</details>
        """
    }

    static func number(_ value: Int) -> Markup { .text(Format.number(value)) }

    /// In UTC.
    static func time(_ time: Instant, seconds: Bool = false) -> Markup {
        if time >= .noExpiry { return "no expiry" }
        return "<time datetime=\"\(time.description)\">\(Format.dateTime(time, seconds: seconds)) UTC</time>"
    }

    static func date(_ time: Instant) -> Markup {
        "<time datetime=\"\(time.description)\">\(Format.date(time))</time>"
    }

    /// How long ago, with the moment itself for whoever points at it.
    static func ago(_ time: Instant, now: Instant) -> Markup {
        """
        <time datetime="\(time.description)" title="\(Format.dateTime(time, seconds: true)) UTC">\
        \(Format.relative(time, now: now))</time>
        """
    }

    /// In the factory's zone and in UTC: where somebody decides.
    static func twoZones(_ time: Instant, _ zone: String) -> Markup {
        guard let offset = Format.offset(of: zone, at: time) else { return .time(time) }
        return """
            <time datetime="\(time.description)">\(Format.dateTime(time, east: offset)) \(Format.place(zone))</time>\
            <span class="sub">\(Format.dateTime(time)) UTC</span>
            """
    }

    /// A place that the live stream fills again: what stands in it is replaced when it changes.
    ///
    /// - Parameter keeps: the place keeps its room where less comes, so that what stands around it does not move.
    static func live(
        _ key: String,
        _ content: Markup,
        tag: String = "span",
        style: String = "",
        keeps: Bool = false
    ) -> Markup {
        let style = style.isEmpty ? "" : " class=\"\(escape(style))\""
        let start = "<\(tag)\(style) data-live=\"\(escape(key))\"\(keeps ? " data-keep" : "")>"
        return Markup(trusted: start + content.html + "</\(tag)>")
    }

    static func sub(_ first: Markup, _ second: Markup) -> Markup { "\(first)<span class=\"sub\">\(second)</span>" }

    /// A factory's one naming: its name, which leads to it, with its id and its EdgeHSM beneath.
    /// `other` is an EdgeHSM that may stand in another factory, so nothing leads to it.
    static func factory(
        _ id: FactoryID,
        _ known: [FactoryID: Factory],
        _ edge: EdgeHSMID? = nil,
        other: EdgeHSMID? = nil
    ) -> Markup {
        let name = known[id]?.name
        let box: Markup? = edge.map { edge in
            let link: Markup = .link(edge.text, "/factories/\(id.text)/edges/\(edge.text)")
            return other.map { "\(link) and \($0.text)" } ?? link
        }
        let factory: Markup = .link(name ?? id.text, "/factories/\(id.text)")
        return switch (name == nil, box) {
        case (true, nil): factory
        case (true, let box?): .sub(factory, box)
        case (false, nil): .sub(factory, .text(id.text))
        case (false, let box?): .sub(factory, "\(id.text) · \(box)")
        }
    }

    /// Not known, or not applicable: the reason for whoever points at it or listens. What is counted and is nought is 0.
    static func none(_ why: String) -> Markup {
        "<span class=\"muted\" title=\"\(why)\"><span aria-hidden=\"true\">–</span><span class=\"sr\">\(why)</span></span>"
    }

    static let none: Markup = "<span class=\"muted\" aria-label=\"none\">–</span>"
}

/// What a page tells its live stream: the content of a place by its key.
public struct LivePlace: Sendable, Hashable {
    public let key: String
    public let html: String

    init(_ key: String, _ content: Markup) { (self.key, html) = (key, content.html) }
}
