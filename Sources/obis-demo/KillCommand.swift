import ArgumentParser
import FactoryBox

struct KillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Kill EdgeHSM, station, Factory Service and chips at drawn points while they work, then count.",
        discussion: "Needs a debug build: release builds have no fault points. OBIS_SEED or --seed repeats a run."
    )
    @Option(help: "Where everything is put; made anew.") var directory = ".demo-kill"
    @Option(help: "Draws the same points again.") var seed: UInt64?
    @Option(help: "Kills that must hit.") var rounds = 24

    func run() async throws {
        var options = KillRun.Options(directory: directory, seed: seed)
        options.rounds = rounds
        _ = try await KillRun(options).play()
    }
}
