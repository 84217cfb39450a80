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
        for output in try PendingTranscript.read(state)?.steps.flatMap(\.outputs) ?? [] { digests[output.file] = nil }
        for (file, digest) in digests.sorted(by: { $0.key < $1.key }) {
            guard let bytes = try state.read(file), CeremonyRun.digest(bytes) == digest else {
                throw Refusal(CeremonyError.transcriptInvalid, file)
            }
        }
        return verified
    }
}
