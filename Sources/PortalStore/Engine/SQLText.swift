/// The text of one statement. Made of literals in our own source and of other such texts, so no value that somebody sent
/// can become part of a statement: values are arguments.
public struct SQLText: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    init(trusted text: String) { self.text = text }

    /// `?,?,?` for a list of `count` arguments, at least one.
    public static func placeholders(_ count: Int) -> SQLText {
        SQLText(trusted: Array(repeating: "?", count: max(count, 1)).joined(separator: ","))
    }

    public var description: String { text }
}

extension SQLText: ExpressibleByStringInterpolation {
    public init(stringLiteral value: StaticString) { text = value.description }

    public init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// Takes other statement texts only.
    public struct Interpolation: StringInterpolationProtocol {
        var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        public mutating func appendLiteral(_ literal: StaticString) { text += literal.description }

        public mutating func appendInterpolation(_ part: SQLText) { text += part.text }
    }
}
