import ArgumentParser
import FactoryService
import LineProtocol
import PortalProtocol
import Statements
import Vocabulary

extension ObisFactory {
    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "join",
            abstract: "Makes this Factory Service known to the portal with a joining code; needs no running service.",
            discussion: """
                Makes the key (mode 0600) and its request, checks that the server is the one that the code names, and
                stores the certificates where the configuration's portal section says. After a cut, run it again.
                A running service takes the certificate up by itself.
                """
        )
        @OptionGroup var options: FactoryOptions
        @Option(help: "A file with the joining code, as the portal showed it; - for standard input. It works once.")
        var codeFile: String

        func run() async throws {
            let reply = try await FactoryJoin.join(try options.load(), code: try await JoiningCodeFile.read(codeFile))
            print(
                "joined as \(try options.load().name) of factory \(reply.factory), certificate until \(reply.notAfter)"
            )
        }
    }

    struct SyncNowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sync-now",
            abstract: "Exchanges with the portal at once, and returns when all that is here has gone up."
        )
        @OptionGroup var options: FactoryOptions
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            let report = try await options.ask(SyncNow.self, Nothing(), seconds: 600)
            if json { return try Output.json(report) }
            print("in step: \(report.entries) entries, \(report.labels) label records, \(report.events) events to send")
            for file in report.refusedFiles { print("REFUSED  \(file)") }
        }
    }

    struct Bundle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bundle",
            abstract: "Writes what the portal lacks to an .upload file for a stick."
        )
        @OptionGroup var options: FactoryOptions
        @Option(name: .shortAndLong, help: "Existing folder.") var out: String
        @Flag(help: "From the first record on, whatever the portal is known to have.") var all = false

        func run() async throws {
            let request = BundleRecords.Request(folder: try Paths.absolute(out), all: all)
            let reply = try await options.ask(BundleRecords.self, request, seconds: 600)
            print("\(reply.file): \(reply.entries) entries, \(reply.labels) label records, \(reply.events) events")
        }
    }
}
