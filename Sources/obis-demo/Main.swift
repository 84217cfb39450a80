import ArgumentParser
import FactoryBox
import Foundation
import Vocabulary

/// A whole factory on one machine: for a first look, for training, and for the system's own tests.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-demo",
        abstract: "Plays a factory from the key ceremony to the finished devices.",
        subcommands: [RunCommand.self, KillCommand.self, ScanCommand.self, CleanCommand.self, ChipCommand.self]
    )
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Play the whole story.")
    @Option(help: "Where everything is put; made anew.") var directory = ".demo"
    @Flag(help: "Stop everything after the summary.") var once = false

    func run() async throws {
        try await Story(Story.Options(directory: directory, once: once)).play()
    }
}

struct CleanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "clean", abstract: "Remove what the demo made.")
    @Option(help: "The demo's directory.") var directory = ".demo"

    func run() throws { try World.remove(at: directory) }
}

struct ChipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "chip", abstract: "Be one virtual chip.")
    @Option(help: "The chip's folder.") var folder: String
    @Option(help: "The chip's port, a Unix socket.") var socket: String

    func run() async throws { try await ChipProcess.run(folder: folder, socket: socket) }
}

@main
enum Main {
    static func main() async {
        do {
            var command = try Demo.parseAsRoot()
            // A chip is power-cut from outside and has nobody to take along.
            if !(command is ChipCommand) { Interruption.shared.install() }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let refusal as Refusal {
            FileHandle.standardError.write(Data("\n\(refusal)\n".utf8))
            exit(1)
        } catch { Demo.exit(withError: error) }
    }
}
