internal import ArgumentParser
internal import Foundation
internal import Verify

/// How every subcommand answers.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object: accepted, code, reason, fields.")
    var json = false

    /// Prints the verdict; a refusal ends the program with status 1.
    func finish(_ verdict: Verdict, plain: String? = nil) throws {
        if json {
            Self.show(verdict)
        } else if verdict.accepted, let plain {
            print(plain)
        } else {
            print("\(verdict.accepted ? "accepted" : "refused"): \(verdict.code)\n\(verdict.reason)")
            for (name, value) in verdict.fields.sorted(by: { $0.key < $1.key }) { print("  \(name): \(value)") }
        }
        guard verdict.accepted else { throw ExitCode(1) }
    }

    /// One JSON object on standard output.
    static func show(_ verdict: Verdict) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        print(String(decoding: (try? encoder.encode(verdict)) ?? Data(), as: UTF8.self))
    }
}
