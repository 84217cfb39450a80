import Vocabulary

/// Any member's name.
private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// That the object has no members but those that `Keys` lists. What is put into a file that proves itself, and is not
    /// part of the proof, would be taken for proven by whoever reads the file. To be asked last: a file that lacks members
    /// is one of another kind.
    ///
    /// Throws `statement.content.inconsistent`.
    func requireOnly<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type) throws {
        let known = Set(Keys.allCases.map(\.stringValue))
        let others = try container(keyedBy: MemberName.self).allKeys.map(\.stringValue).filter { !known.contains($0) }
        guard others.isEmpty else {
            throw Refusal.inconsistent("unknown member \(others.sorted().joined(separator: ", ").prefix(80))")
        }
    }
}
