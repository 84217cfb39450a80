internal import ArgumentParser
internal import Statements
internal import Verify
internal import Vocabulary

struct ClosingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "closing",
        abstract: "Judge a batch's closing certificate: entry, inclusion proof, checkpoint, counts.",
        discussion: """
            Who wrote the journal must be proven by --identity, or by --root-key with the enrolment, which is in the file \
            or given as --enrolment.
            """
    )

    @Argument(help: ArgumentHelp("The certificate, as `obis-factory closing` writes it.", valueName: "file"))
    var file: String

    @OptionGroup var trusted: TrustOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let verdict: Verdict
        do {
            let trust = try trusted.trust()
            verdict = ClosingAudit.verdict(try Input.proof(file), trust: trust)
        } catch let refusal as Refusal where !refusal.has(VerifyError.inputUnreadable) {
            verdict = Verdict(refused: refusal)
        }
        try output.finish(verdict)
    }
}
