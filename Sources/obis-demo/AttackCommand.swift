import ArgumentParser
import FactoryBox

struct AttackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attack",
        abstract: "Try everything that must be refused, each time with all but one thing right.",
        discussion: "Needs a debug build, which alone can make packages with a stolen portal token."
    )
    @Option(help: "Where everything is put; made anew.") var directory = ".demo-attack"

    func run() async throws { _ = try await AttackRun(directory: directory).play() }
}
