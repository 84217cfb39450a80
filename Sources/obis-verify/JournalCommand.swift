internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Judge an exported journal, or the proof that one entry stands in a journal.",
        discussion: """
            FILE: root, signatures, scope of every entry and counts. It holds every entry from the first one on and a checkpoint. Who wrote it must be proven by \
            --identity, or by --enrolment together with --root-key; else it is refused as journal.identity.unproven, \
            and what else was found stands in the fields.

            --earlier FILE: a checkpoint, or a journal exported before. This journal must continue it: a fork, and a journal \
            cut or rolled back since, are refused as journal.checkpoint.inconsistent.

            --proof FILE: one entry with its inclusion proof and checkpoint, as the portal gives it out. The file brings \
            enrolment and RoleKeys with it, so that --root-key is enough.
            """
    )

    @Argument(help: ArgumentHelp("The exported journal.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("An entry's inclusion proof instead of a journal.", valueName: "file"))
    var proof: String?

    @Option(
        help: ArgumentHelp("A checkpoint or journal of before, which this one must continue.", valueName: "file")
    )
    var earlier: String?

    @OptionGroup var trusted: TrustOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (file == nil) != (proof == nil) else { throw ValidationError("give either a journal or --proof FILE") }
        guard earlier == nil || proof == nil else { throw ValidationError("--earlier goes with a journal") }
    }

    func run() throws {
        let verdict: Verdict
        do {
            let trust = try trusted.trust()
            if let proof {
                verdict = InclusionAudit.verdict(try Input.proof(proof), trust: trust)
            } else {
                verdict = JournalAudit(try Input.journal(file ?? ""), trust: trust, earlier: try before()).verdict
            }
        } catch let refusal as Refusal where !refusal.has(VerifyError.inputUnreadable) {
            verdict = Verdict(refused: refusal)
        }
        try output.finish(verdict)
    }

    private func before() throws -> Envelope? {
        guard let earlier else { return nil }
        if let export = try? Input.journal(earlier) { return export.checkpoint }
        return try Input.statement(earlier)
    }
}
