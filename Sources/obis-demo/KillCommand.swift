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

struct KillOnlineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill-online",
        abstract:
            "Kill portal and Factory Service at drawn points while records go up and packages come down, then count.",
        discussion: "Needs a debug build: release builds have no fault points. OBIS_SEED or --seed repeats the draws."
    )
    @Option(help: "Where everything is put; made anew.") var directory = ".demo-kill-online"
    @Option(help: "Draws the same points again.") var seed: UInt64?
    @Option(help: "Kills that must hit.") var rounds = 60

    func run() async throws {
        var options = OnlineKillRun.Options(directory: directory, seed: seed)
        options.rounds = rounds
        options.mostRounds = max(80, rounds * 3)
        _ = try await OnlineKillRun(options).play()
    }
}
