internal import ArgumentParser
internal import CommandSupport
internal import Glibc
internal import ServiceSupport
internal import Vocabulary

/// The EdgeHSM of one site: issues within what the OEM's officers have signed, and keeps the journal of it.
struct EdgeHSMD: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edgehsmd",
        abstract: "Issues device credentials at a factory, within what the OEM's officers have signed.",
        discussion: """
            A new appliance: `init` makes its keys, `enrol-request` makes what the OEM's officers sign, `enrol` pins \
            their answer in the token, `run` serves. Exit status: 0 done, 1 refused, 2 wrong usage, 74 the journal \
            could not be written.
            """,
        version: Program.version(of: "edgehsmd"),
        subcommands: [
            InitCommand.self, EnrolRequestCommand.self, EnrolCommand.self, RunCommand.self, OperatorCommand.self,
        ]
    )
}

@main
enum Main {
    static func main() async { await Program.main(EdgeHSMD.self) }
}
