import Governance
import Statements
public import Vocabulary

/// What a ceremony did, or in a dry run would do.
public struct CeremonyReport: Codable, Sendable, Hashable {
    public enum Outcome: String, Codable, Sendable {
        /// It was there and is what the file says.
        case unchanged
        case made
        /// A dry run: it would be made.
        case planned
    }

    public struct Line: Codable, Sendable, Hashable {
        public let outcome: Outcome
        public let action: String
        public let subject: String
        public let keyID: Digest256?
        /// Files written, or that would be.
        public let files: [String]
    }

    public let dryRun: Bool
    public let lines: [Line]
    /// The signed transcript's file name; absent when nothing was made.
    public let transcript: String?
}

/// Steps that were made and are in no signed transcript yet: on disk, so that a power cut forgets none.
struct PendingTranscript: Codable {
    let startedAt: Instant
    var steps: [CeremonyTranscript.Step]

    static func read(_ state: StateFolder) throws -> PendingTranscript? {
        guard let bytes = try state.read(StateFolder.pending) else { return nil }
        return try ReviewedJSON.decode(PendingTranscript.self, from: bytes)
    }

    /// A step that is made again, because a power cut came before its files, replaces its first try.
    mutating func add(_ step: CeremonyTranscript.Step, state: StateFolder) throws {
        steps.removeAll { $0.action == step.action && $0.subject == step.subject }
        steps.append(step)
        try StateFile.write(state.full(StateFolder.pending), StatementCoding.encode(self))
    }
}
