/// `/v1/products/{product}`: constant segments and names in braces.
public struct PathTemplate: Sendable, Hashable, CustomStringConvertible {
    private enum Segment: Hashable {
        case constant(String)
        case parameter(String)
    }

    public let text: String
    private let segments: [Segment]

    public init(_ text: String) {
        self.text = text
        segments = text.split(separator: "/").map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .parameter(String(part.dropFirst().dropLast())) : .constant(String(part))
        }
    }

    public var description: String { text }

    public var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    func matches(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return parts.count == segments.count
            && zip(parts, segments).allSatisfy { part, segment in
                if case .constant(let text) = segment { part == text } else { true }
            }
    }
}
