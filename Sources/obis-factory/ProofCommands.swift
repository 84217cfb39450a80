import ArgumentParser
import LineProtocol
import Vocabulary

extension ObisFactory {
    struct Closing: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "closing",
            abstract: "Writes a closed batch's closing certificate: its entry, inclusion proof and checkpoint.",
            discussion: "Anybody verifies it offline: `obis-verify closing FILE --enrolment FILE --root-key FILE`."
        )
        @OptionGroup var options: FactoryOptions
        @Option(help: "The batch's name, or, where two have one name, its authorization's id.") var batch: String
        @Option(name: .shortAndLong, help: "File to write.") var out: String

        func run() async throws {
            let reply = try await options.ask(
                ExportProof.self,
                .init(subject: .closing(batch: batch), path: try Paths.absolute(out))
            )
            print("authorization \(reply.id)  entry \(reply.index) of \(reply.size)  \(out)")
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "release",
            abstract: "Writes the proof that the EdgeHSM gave up allotment of a product, for `obis approve --previous`."
        )
        @OptionGroup var options: FactoryOptions
        @Option(help: "Product name.") var product: String
        @Option(name: .shortAndLong, help: "File to write.") var out: String

        func run() async throws {
            guard let name = try? ProductName(product) else { throw ValidationError("--product is malformed.") }
            let reply = try await options.ask(
                ExportProof.self,
                .init(subject: .release(product: name), path: try Paths.absolute(out))
            )
            print("order \(reply.id)  entry \(reply.index) of \(reply.size)  \(out)")
        }
    }
}
