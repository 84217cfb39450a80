import ArgumentParser
import CommandSupport
import FactoryBox
import Foundation
import Vocabulary

/// A whole factory on one machine: for a first look, for training, and for the system's own tests.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-demo",
        abstract: "Plays a factory from the key ceremony to the finished devices.",
        version: Program.version(of: "obis-demo"),
        subcommands: commands
    )

    private static var commands: [any ParsableCommand.Type] {
        var commands: [any ParsableCommand.Type] = [
            RunCommand.self, AttackCommand.self, KillCommand.self, KillOnlineCommand.self, ScanCommand.self,
            CleanCommand.self, ChipCommand.self, RackCommand.self,
        ]
        #if DEBUG
        commands.append(ThiefCommand.self)
        #endif
        return commands
    }
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Play the whole story.")
    @Option(help: "Where everything is put; made anew.") var directory = ".demo"
    @Flag(help: "Make few devices, and stop everything after the summary.") var once = false
    @Option(help: "Devices of each factory; 200 if absent, 10 with --once.") var devices: Int?

    func run() async throws {
        var options = Story.Options(directory: directory, once: once)
        if let devices {
            guard (10...1_000).contains(devices) else { throw ValidationError("--devices must be 10 to 1000.") }
            options.devices = devices
        }
        try await Story(options).play()
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

struct RackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rack", abstract: "Be many virtual chips.")
    @Option(help: "The folder with a folder for each chip, named by its place.") var folder: String
    @Option(help: "The chips' ports, Unix sockets; {n} stands for the place.") var sockets: String
    @Option(help: "Place of the first chip.") var first: Int
    @Option(help: "Place of the last chip.") var last: Int
    @Option(help: "A file that is made once all chips answer.") var ready: String

    func run() async throws {
        guard first >= 1, last >= first else { throw ValidationError("--first and --last name no places.") }
        try await ChipProcess.run(folder: folder, sockets: sockets, places: first...last, ready: ready)
    }
}

@main
enum Main {
    static func main() async {
        await Program.main(Demo.self) { command in
            // Chips are power-cut from outside and have nobody to take along.
            if !(command is ChipCommand || command is RackCommand) { Interruption.shared.install() }
        }
    }
}
