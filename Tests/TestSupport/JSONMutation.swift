internal import Foundation

/// Changes below the outer layer: the result is JSON (mostly), its meaning is another.
public enum JSONMutation {
    /// What came of a change, and where it was made: names from the top, joined by points, without positions in lists;
    /// empty for a change of form.
    public struct Change: Sendable {
        public let bytes: [UInt8]
        public let field: String
    }

    /// One change somewhere in the tree; the text stays JSON unless the change is one of form.
    public static func mutate(_ payload: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        change(payload, using: &generator).bytes
    }

    /// One change at or below the member `top` of the object, or anywhere.
    public static func change(
        _ payload: [UInt8],
        below top: String? = nil,
        using generator: inout SeededGenerator
    ) -> Change {
        let nothing = Change(bytes: payload + [0], field: "")
        guard var tree = try? JSONSerialization.jsonObject(with: Data(payload)) else { return nothing }
        if top == nil, Int.random(in: 0..<8, using: &generator) == 0 {
            return Change(bytes: mutateForm(payload, using: &generator), field: "")
        }
        var paths: [[Any]] = []
        collect(tree, [], &paths)
        if let top { paths.removeAll { $0.first as? String != top } }
        guard let path = paths.randomElement(using: &generator) else { return nothing }
        tree = replace(tree, path[...], using: &generator)
        let data = try? JSONSerialization.data(
            withJSONObject: tree,
            options: [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
        )
        let field = path.compactMap { $0 as? String }.joined(separator: ".")
        return data.map { Change(bytes: Array($0), field: field) } ?? nothing
    }

    private static func mutateForm(_ payload: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        forms(of: payload).randomElement(using: &generator) ?? payload + [0]
    }

    /// The object in each of the forms that strict JSON refuses, or with a member that must be understood.
    public static func forms(of payload: [UInt8]) -> [[UInt8]] {
        let text = String(decoding: payload.dropFirst().dropLast(), as: UTF8.self)
        return [
            "{\"mustUnderstand\":[\"future\"],\(text)}", "{\"a\":1,\"a\":2,\(text)}", "{\"a\":1.5,\(text)}",
            "{\"a\":9007199254740992,\(text)}", "{\"a\":\(String(repeating: "[", count: 40)),\(text)}",
            "{\(text),}", "{\(text)} ", "{\(text)}x", "{\"a\":1e3,\(text)}", "{\"a\":\"\\ud800\",\(text)}",
        ].map { Array($0.utf8) }
    }

    private static func collect(_ value: Any, _ path: [Any], _ paths: inout [[Any]]) {
        if !path.isEmpty { paths.append(path) }
        if let object = value as? [String: Any] {
            for key in object.keys.sorted() { collect(object[key] as Any, path + [key], &paths) }
        } else if let array = value as? [Any] {
            for (index, element) in array.enumerated() { collect(element, path + [index], &paths) }
        }
    }

    private static func replace(_ value: Any, _ path: ArraySlice<Any>, using generator: inout SeededGenerator) -> Any {
        guard let step = path.first else { return other(than: value, using: &generator) }
        if var object = value as? [String: Any], let key = step as? String {
            switch path.count == 1 ? Int.random(in: 0..<6, using: &generator) : 9 {
            case 0: object[key] = nil
            case 1: (object[key], object[key + "x"]) = (nil, object[key])
            default: object[key] = replace(object[key] as Any, path.dropFirst(), using: &generator)
            }
            return object
        }
        if var array = value as? [Any], let index = step as? Int {
            switch path.count == 1 ? Int.random(in: 0..<6, using: &generator) : 9 {
            case 0: array.remove(at: index)
            case 1: array.append(array[index])
            default: array[index] = replace(array[index], path.dropFirst(), using: &generator)
            }
            return array
        }
        return value
    }

    private static func other(than value: Any, using generator: inout SeededGenerator) -> Any {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return NSNull()
        case 1: return [Any]()
        case 2: return true
        case 3: return ""
        default: break
        }
        if let number = value as? Int {
            return [0, -1, 1, number + 1, number - 1, 255, 256, 65_536, 1 << 32, (1 << 53) - 1, -(1 << 53) + 1]
                .randomElement(using: &generator) ?? 0
        }
        guard var text = (value as? String).map({ Array($0.utf8) }), !text.isEmpty else { return 7 }
        let index = Int.random(in: text.indices, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: text.remove(at: index)
        case 1: text.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: index)
        case 2: text += text
        case 3: text = [UInt8](repeating: 0x61, count: 300)
        default: text[index] = UInt8.random(in: 0x20...0x7E, using: &generator)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
