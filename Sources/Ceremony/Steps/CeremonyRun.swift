public import Governance
import KeyCustody
import Statements
public import Vocabulary

/// One run of a ceremony file. An actor, because its steps run inside the closures that hold a token open.
public actor CeremonyRun {
    public struct Conditions: Sendable {
        public let dryRun: Bool
        /// Name and version of the program, for the transcript.
        public let tool: String
        public let clock: @Sendable () -> Instant

        public init(dryRun: Bool, tool: String, clock: @escaping @Sendable () -> Instant) {
            self.dryRun = dryRun
            self.tool = tool
            self.clock = clock
        }
    }

    let file: CeremonyFile
    let fileDigest: Digest256
    let state: StateFolder
    let access: any TokenAccess
    let conditions: Conditions
    private let progress: @Sendable (CeremonyReport.Line) -> Void
    private var lines: [CeremonyReport.Line] = []
    private var pending: PendingTranscript
    /// Public keys by name, as far as they exist.
    var points: [KeyName: P256Point] = [:]

    /// Throws what `CeremonyFile.read` throws.
    public init(
        fileBytes: [UInt8],
        state: StateFolder,
        access: any TokenAccess,
        conditions: Conditions,
        progress: @escaping @Sendable (CeremonyReport.Line) -> Void = { _ in }
    ) throws {
        self.file = try CeremonyFile.read(fileBytes)
        self.fileDigest = Digest256.of(fileBytes)
        self.state = state
        self.access = access
        self.conditions = conditions
        self.progress = progress
        self.pending =
            try PendingTranscript.read(state) ?? PendingTranscript(startedAt: conditions.clock(), steps: [])
    }

    /// Goes through the file from top to bottom. Throws a `Refusal` at the first thing that differs or is missing; what
    /// was made before stays, and the next run finds it and goes on.
    public func perform() async throws -> CeremonyReport {
        let lock = conditions.dryRun ? nil : try StateLock(state.full(".lock"))
        defer { withExtendedLifetime(lock) {} }
        if !conditions.dryRun, let last = try CeremonyTranscripts.verify(state).last,
            last.content.steps == pending.steps
        {
            // The last run was cut off between signing its transcript and forgetting the steps in it.
            pending = PendingTranscript(startedAt: conditions.clock(), steps: [])
            try StateFile.remove(state.full(StateFolder.pending))
        }
        let hasCeremony = try await presentOrMade(file.tokens.ceremony, purpose: "ceremony")
        let hasPortal = try await presentOrMade(file.tokens.portal, purpose: "portal")
        try await withToken(file.tokens.ceremony, present: hasCeremony) { try await self.ceremonyKeys($0) }
        try await withToken(file.tokens.portal, present: hasPortal) { try await self.portalKeys($0) }
        if file.roleKeys != nil {
            try await withToken(file.tokens.ceremony, present: hasCeremony) { try await self.roleKeys($0) }
        }
        let revoked = try state.revocations(state.roleKeysHistory())
        try await withdrawTrust(revoked, portalPresent: hasPortal)
        for entry in file.edgeHSMs ?? [] { try await enrol(entry, revoked, portalPresent: hasPortal) }
        if !(file.products ?? []).isEmpty {
            try await withToken(file.tokens.ceremony, present: hasCeremony) { token in
                for product in self.file.products ?? [] { try await self.certify(product, revoked, token) }
            }
        }
        var transcript: String?
        if !conditions.dryRun, !pending.steps.isEmpty {
            transcript = try await withToken(file.tokens.ceremony, present: hasCeremony) {
                try await self.writeTranscript($0)
            }
        }
        return CeremonyReport(dryRun: conditions.dryRun, lines: lines, transcript: transcript)
    }

    // MARK: - What steps use

    var isProduction: Bool { file.profile == .production }

    func unchanged(_ action: String, _ subject: String, keyID: Digest256? = nil) {
        report(CeremonyReport.Line(outcome: .unchanged, action: action, subject: subject, keyID: keyID, files: []))
    }

    func planned(_ action: String, _ subject: String, files: [String] = []) {
        report(CeremonyReport.Line(outcome: .planned, action: action, subject: subject, keyID: nil, files: files))
    }

    /// Notes the step on disk, then writes its files.
    func made(
        _ action: String,
        _ subject: String,
        keyID: Digest256? = nil,
        files: [(name: String, bytes: [UInt8])] = []
    ) throws {
        let outputs = files.map { CeremonyTranscript.Output(file: $0.name, digest: Self.digest($0.bytes)) }
        let step = CeremonyTranscript.Step(
            action: action,
            subject: subject,
            keyID: keyID,
            outputs: outputs,
            at: conditions.clock()
        )
        try pending.add(step, state: state)
        for output in files { try StateFile.write(state.full(output.name), output.bytes) }
        report(
            CeremonyReport.Line(
                outcome: .made,
                action: action,
                subject: subject,
                keyID: keyID,
                files: files.map(\.name)
            )
        )
    }

    /// What a transcript says of a file: of an envelope its statement's id, since signatures are added to it later; of
    /// any other file the SHA-256 of its octets.
    static func digest(_ bytes: [UInt8]) -> Digest256 {
        (try? Envelope(parsing: bytes))?.statementID ?? Digest256.of(bytes)
    }

    private func report(_ line: CeremonyReport.Line) {
        lines.append(line)
        progress(line)
    }

    // MARK: - Tokens

    private func presentOrMade(_ entry: CeremonyFile.TokenEntry, purpose: String) async throws -> Bool {
        let label = entry.token.label
        if try await access.isPresent(entry.token) {
            unchanged("token", "\(purpose) token \(label)")
            return true
        }
        guard entry.initialize else { throw Refusal(CeremonyError.tokenMissing, label) }
        if conditions.dryRun {
            planned("token", "\(purpose) token \(label)")
            return false
        }
        try await access.initialize(entry.token)
        try made("token", "\(purpose) token \(label)")
        return true
    }

    private func withToken<Result: Sendable>(
        _ entry: CeremonyFile.TokenEntry,
        present: Bool,
        _ body: @escaping @Sendable ((any Token)?) async throws -> Result
    ) async throws -> Result {
        guard present else { return try await body(nil) }
        let production = isProduction
        return try await access.withToken(entry.token) { token in
            guard !production || token.information.assurance == .hardware else {
                throw Refusal(CeremonyError.softwareToken, token.information.label)
            }
            return try await body(token)
        }
    }

    // MARK: - The transcript

    private func writeTranscript(_ token: (any Token)?) async throws -> String {
        guard let token else { throw Refusal(CeremonyError.tokenMissing, file.tokens.ceremony.token.label) }
        let before = try state.transcripts()
        let key = try await token.signingKey(.generation(.rootAuthority, file.rootAuthority.generation))
        let transcript = CeremonyTranscript(
            oem: file.oem,
            number: before.count + 1,
            previous: before.last?.statementID,
            ceremonyFile: fileDigest,
            purpose: file.purpose,
            participants: file.participants.map(\.name),
            tool: conditions.tool,
            root: key.publicKey,
            steps: pending.steps,
            startedAt: pending.startedAt,
            finishedAt: max(conditions.clock(), pending.startedAt)
        )
        let envelope = try await transcript.unsigned().signed(by: key)
        let name = StateFolder.transcript(transcript.number)
        try StateFile.write(state.full(name), envelope.serialized())
        try StateFile.remove(state.full(StateFolder.pending))
        return name
    }
}
