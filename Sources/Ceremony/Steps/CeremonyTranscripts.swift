public import Statements
public import Vocabulary

/// Checks the whole record of a ceremony's state: every transcript, and every file that the transcripts name.
public enum CeremonyTranscripts {
    /// Each transcript follows the one before and is signed by a root authority of the RoleKeys' history (before there
    /// are RoleKeys: by the root that it names itself); each file that they name is what they say.
    ///
    /// - Parameter root: the root authority's key as known from elsewhere; must be the first transcript's.
    /// - Throws: `ceremony.transcript.invalid`, a `StatementError`.
    public static func verify(_ state: StateFolder, root: P256Point? = nil) throws -> [Verified<CeremonyTranscript>] {
        let roots = Set(try state.roleKeysHistory().map(\.content.root))
        var verified: [Verified<CeremonyTranscript>] = []
        var digests: [String: Digest256] = [:]
        for envelope in try state.transcripts() {
            let claimed = try CeremonyTranscript.read(payload: envelope.payload)
            let transcript = try Verified<CeremonyTranscript>(envelope, signedBy: claimed.root)
            guard roots.isEmpty || roots.contains(claimed.root) else {
                throw Refusal(CeremonyError.transcriptInvalid, "number \(claimed.number): unknown root")
            }
            if verified.isEmpty, let root, claimed.root != root {
                throw Refusal(CeremonyError.transcriptInvalid, "another root authority than the one given")
            }
            guard claimed.number == verified.count + 1, claimed.previous == verified.last?.id,
                verified.last.map({ $0.content.oem == claimed.oem }) ?? true
            else { throw Refusal(CeremonyError.transcriptInvalid, "number \(claimed.number) is out of place") }
            for output in claimed.steps.flatMap(\.outputs) { digests[output.file] = output.digest }
            verified.append(transcript)
        }
        // A power cut may have left newer files than the newest transcript; the pending steps name them.
        for output in try pendingOutputs(state) { digests[output] = nil }
        for (file, digest) in digests.sorted(by: { $0.key < $1.key }) {
            guard let bytes = try state.read(file), CeremonyRun.digest(bytes) == digest else {
                throw Refusal(CeremonyError.transcriptInvalid, file)
            }
        }
        return verified
    }

    private static func pendingOutputs(_ state: StateFolder) throws -> [String] {
        try PendingTranscript.read(state)?.steps.flatMap(\.outputs).map(\.file) ?? []
    }

    /// That nothing lies in the state beside what `transcripts`, steps that are pending, or people account for: what a
    /// deleted newest transcript named is left over. Officers' orders are people's to put there, and prove themselves.
    ///
    /// - Throws: `ceremony.state.unaccounted` with the files' names.
    public static func requireAccounted(_ state: StateFolder, by transcripts: [Verified<CeremonyTranscript>]) throws {
        var known = Set(transcripts.flatMap { $0.content.steps.flatMap(\.outputs).map(\.file) })
        known.formUnion(try pendingOutputs(state))
        known.formUnion(transcripts.map { StateFolder.transcript($0.content.number) })
        known.formUnion([StateFolder.pending, ".lock"])
        let others = try state.files().filter { !known.contains($0) && !$0.hasPrefix("orders/") }
        guard others.isEmpty else {
            throw Refusal(CeremonyError.unaccounted, others.joined(separator: ", "))
        }
    }
}

/// What somebody noted down of the newest transcript: its number or its id. Without it, a state from which the newest
/// runs were taken away with all their files is like one in which they never were.
public enum ExpectedHead: Sendable, Hashable {
    case count(Int)
    case id(Digest256)

    /// `3`, or 64 hexadecimal digits; nil for anything else.
    public init?(_ text: String) {
        if let id = try? Digest256(hex: text) {
            self = .id(id)
        } else if text.utf8.count <= 6, let count = Int(text), count > 0 {
            self = .count(count)
        } else {
            return nil
        }
    }

    /// Throws `ceremony.transcript.head`.
    public func require(_ transcripts: [Verified<CeremonyTranscript>]) throws {
        let holds =
            switch self {
            case .count(let count): transcripts.count == count
            case .id(let id): transcripts.last?.id == id
            }
        guard holds else {
            let newest = transcripts.last.map { "number \($0.content.number), \($0.id)" } ?? "none"
            throw Refusal(CeremonyError.transcriptHead, "newest is \(newest)")
        }
    }
}
