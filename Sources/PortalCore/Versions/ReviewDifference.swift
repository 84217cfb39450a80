public import Governance
public import PortalProtocol
public import Statements

/// What an officer compares: the new manifest with that of the version locked last, field by field and in words.
public enum ReviewDifference {
    /// Every field that differs, in the order of the new manifest, then what is gone. All of it for a first version.
    public static func changes(from before: Manifest?, to after: Manifest) -> [ReviewChange] {
        changes(from: before.map(lines) ?? [], to: lines(after))
    }

    /// The same for two statements of one kind, of approvals for one.
    public static func changes(from before: StatementRendering?, to after: StatementRendering) -> [ReviewChange] {
        changes(from: before.map { lines($0) } ?? [], to: lines(after))
    }

    public static func lines(_ manifest: Manifest) -> [ReviewLine] {
        ManifestRendering.lines(manifest).map { ReviewLine(field: $0.field, words: $0.words) }
    }

    public static func lines(_ rendering: StatementRendering) -> [ReviewLine] {
        rendering.lines.map { ReviewLine(field: $0.field, words: SafeText.shown($0.words)) }
    }

    /// Fields that come more than once (`allotment`) are told apart by what stands before the colon in their words, so
    /// that `edge-1: 100 units` is compared with `edge-1: 200 units`.
    public static func changes(from before: [ReviewLine], to after: [ReviewLine]) -> [ReviewChange] {
        let repeated = repeatedFields(before).union(repeatedFields(after))
        func key(_ line: ReviewLine) -> String {
            guard repeated.contains(line.field) else { return line.field }
            return "\(line.field) \(line.words.prefix { $0 != ":" })"
        }
        var old: [String: [String]] = [:]
        for line in before { old[key(line), default: []].append(line.words) }
        var changes: [ReviewChange] = []
        for line in after {
            var words = old[key(line)] ?? []
            if let same = words.firstIndex(of: line.words) {
                words.remove(at: same)
            } else {
                let previous = words.isEmpty ? nil : words.removeFirst()
                changes.append(ReviewChange(field: line.field, before: previous, after: line.words))
            }
            old[key(line)] = words
        }
        for line in before {
            guard let words = old[key(line)], words.contains(line.words) else { continue }
            old[key(line)]?.removeAll { $0 == line.words }
            changes.append(ReviewChange(field: line.field, before: line.words, after: nil))
        }
        return changes
    }

    private static func repeatedFields(_ lines: [ReviewLine]) -> Set<String> {
        let counts = Dictionary(lines.map { ($0.field, 1) }, uniquingKeysWith: +)
        return Set(counts.filter { $0.value > 1 }.keys)
    }
}
