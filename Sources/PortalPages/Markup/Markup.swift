public import Mustache

/// HTML that is put into a page as it is.
///
/// Written as a literal in this source, it is trusted; what is interpolated is escaped, but for other markup. So no text
/// of a person, a file or a factory reaches a page as markup, whoever writes the line.
public struct Markup: Sendable, Hashable {
    public private(set) var html: String

    init(trusted html: String) { self.html = html }

    static let empty = Markup(trusted: "")

    var isEmpty: Bool { html.isEmpty }

    /// Text for element content and quoted attribute values.
    static func escape(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func text(_ text: String) -> Markup { Markup(trusted: escape(text)) }

    static func + (left: Markup, right: Markup) -> Markup { Markup(trusted: left.html + right.html) }
    static func += (left: inout Markup, right: Markup) { left.html += right.html }
}

extension Markup: ExpressibleByStringInterpolation {
    public struct StringInterpolation: StringInterpolationProtocol {
        var html = ""

        public init(literalCapacity: Int, interpolationCount: Int) {
            html.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        public mutating func appendLiteral(_ literal: String) { html += literal }
        public mutating func appendInterpolation(_ text: String) { html += Markup.escape(text) }
        public mutating func appendInterpolation(_ number: Int) { html += String(number) }
        public mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
    }

    public init(stringLiteral value: String) { html = value }
    public init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }
}

extension Markup: MustacheCustomRenderable {
    public var renderText: String { html }
    public var isNull: Bool { html.isEmpty }
}

extension Sequence<Markup> {
    func joined(_ separator: Markup = .empty) -> Markup {
        Markup(trusted: map(\.html).joined(separator: separator.html))
    }
}
