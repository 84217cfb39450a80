import ArgumentParser
import Ceremony
import Governance
import KeyCustody
import Statements
import Vocabulary

struct CeremonyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceremony",
        abstract: "Make what one reviewed file describes: keys, RoleKeys, certificates, enrolments.",
        discussion: """
            What exists and matches is left alone, what exists and differs is refused, what is missing is made. A signed \
            transcript is written. Format: docs/formats/ceremony.md.
            """
    )

    @Argument(help: "The reviewed ceremony file.", completion: .file())
    var file: String?
    @Option(help: "Folder of the public results.")
    var state = "ceremony"
    @Flag(help: "Print what would be made and touched; make nothing.")
    var dryRun = false
    @Flag(
        help:
            "Verify all transcripts of the state, every file that they name, and that there is no other; make nothing."
    )
    var verifyTranscript = false
    @Option(
        help: "With --verify-transcript: the root authority's public key as known from elsewhere (hex or PEM file)."
    )
    var root: String?
    @Option(
        help: "With --verify-transcript: what was noted down at the last run, the newest transcript's number or id.",
        transform: { text in
            guard let head = ExpectedHead(text) else { throw ValidationError("\(text) is neither a number nor an id.") }
            return head
        }
    )
    var expect: ExpectedHead?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard verifyTranscript != (file != nil) else {
            throw ValidationError("Give a ceremony file, or --verify-transcript.")
        }
        guard root == nil || verifyTranscript else { throw ValidationError("--root goes with --verify-transcript.") }
        guard expect == nil || verifyTranscript else {
            throw ValidationError("--expect goes with --verify-transcript.")
        }
    }

    private struct Transcript: Encodable {
        let number: Int
        let id: Digest256
        let root: Digest256
        let steps: Int
        let finishedAt: Instant
    }

    func run() async throws {
        let folder = StateFolder(state)
        guard let file else { return try verify(folder) }
        let json = Output.wantsJSON
        let bytes = try StateFile.read(file, limit: ReviewedJSON.largest)
        _ = try Files.kind("ceremony file", file) { try CeremonyFile.read(bytes) }
        let run = try CeremonyRun(
            fileBytes: bytes,
            state: folder,
            access: PKCS11Access(),
            conditions: CeremonyRun.Conditions(dryRun: dryRun, tool: Output.tool, clock: Files.now)
        ) { line in
            if !json { print(Self.words(line)) }
        }
        let report = try await run.perform()
        try Output.show(
            report,
            report.transcript.map { "transcript \(state)/\($0)" } ?? (dryRun ? "nothing was made" : "nothing to do")
        )
    }

    private func verify(_ folder: StateFolder) throws {
        let point = try root.map { try PublicKeyText.given($0) }
        let verified = try CeremonyTranscripts.verify(folder, root: point)
        try CeremonyTranscripts.requireAccounted(folder, by: verified)
        try expect?.require(verified)
        let transcripts = verified.map {
            Transcript(
                number: $0.content.number,
                id: $0.id,
                root: $0.content.root.keyID,
                steps: $0.content.steps.count,
                finishedAt: $0.content.finishedAt
            )
        }
        guard let head = transcripts.last else { throw Refusal(GovernanceError.fileMissing, "\(state)/transcripts") }
        let lines = transcripts.map { "\($0.number)  \($0.finishedAt)  \($0.steps) steps  root \($0.root)" }
        try Output.show(
            transcripts,
            (lines + ["newest \(head.number)  \(head.id)", "note it down, for --expect the next time"])
                .joined(separator: "\n")
        )
    }

    private static func words(_ line: CeremonyReport.Line) -> String {
        let outcome =
            switch line.outcome {
            case .unchanged: "there     "
            case .made: "MADE      "
            case .planned: "would make"
            }
        return "\(outcome)  \(line.action): \(line.subject)"
            + (line.keyID.map { "\n            key \($0)" } ?? "")
            + line.files.map { "\n            file \($0)" }.joined()
    }
}

extension PublicKeyText {
    /// A key as a command gets it: a file, or hexadecimal digits.
    static func given(_ text: String) throws -> P256Point {
        StateFile.exists(text) ? try read(text) : try parse(text)
    }
}

struct OfficerKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "officer-key",
        abstract: "Make an officer's approval key in the officer's own token and print its public half."
    )

    @Option(help: "Token file.", completion: .file())
    var token: String
    @Option(help: "The officer's name.")
    var name: String
    @Flag(help: "Where no such token exists, initialise it (needs officerPINFile in the token file).")
    var initialize = false
    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        let name: OfficerName
        let key: P256Point
        let keyID: Digest256
    }

    func run() async throws {
        let name = try OfficerName(name)
        let access = PKCS11Access()
        let reference = try Files.reference(token)
        if initialize, try await !access.isPresent(reference) { try await access.initialize(reference) }
        let point = try await access.withToken(reference) { try await OfficerKey.make(name, in: $0) }
        let answer = Answer(name: name, key: point, keyID: point.keyID)
        try Output.show(answer, "officer  \(name)\nkey      \(point)\nkey id   \(point.keyID)")
    }
}
