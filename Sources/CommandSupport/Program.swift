public import ArgumentParser
internal import FoundationEssentials
internal import Glibc
public import Vocabulary

/// How every program of this system begins and ends.
///
/// Exit status 0: done; 2: wrong usage, with the usage on standard error; what a refusal ends with is the program's own,
/// 1 as a rule. With `--json` each is one JSON object on standard output:
/// `{"refused":{"code","meaning","remedy","detail","isRetryable"},"type":"refused"}` and
/// `{"message","type":"usage","usage"}`.
public enum Program {
    /// Of all programs, which are released together.
    public static let version = "1.0.0"

    /// What `--version` prints.
    public static func version(of program: String) -> String { "\(program) \(version)" }

    /// Runs the command that the arguments name, and ends the process.
    ///
    /// - Parameters:
    ///   - prepare: called before the command runs.
    ///   - status: the exit status of a refusal.
    ///   - show: tells the refusal.
    public static func main(
        _ root: any ParsableCommand.Type,
        prepare: @Sendable (any ParsableCommand) -> Void = { _ in },
        status: @Sendable (Refusal) -> Int32 = { _ in 1 },
        show: @Sendable (Refusal) -> Void = { Program.show($0) }
    ) async -> Never {
        do {
            var command = try root.parseAsRoot()
            let type = type(of: command)
            guard type.configuration.subcommands.isEmpty else {
                misused("A subcommand is missing.", usage: root.helpMessage(for: type), words: nil)
            }
            prepare(command)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            end(0)
        } catch let code as ExitCode {
            end(code.rawValue)
        } catch let refusal as Refusal {
            show(refusal)
            end(status(refusal))
        } catch {
            let text = root.fullMessage(for: error)
            switch root.exitCode(for: error) {
            case .success:
                print(text)
                end(0)
            case .validationFailure:
                misused(root.message(for: error), usage: usage(in: text) ?? root.usageString(), words: text)
            default:
                // No error of ours: it has no code to go by.
                complain(text)
                end(1)
            }
        }
    }

    /// The usage of the command that was meant, from the text for people.
    private static func usage(in text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("Usage:") }) else { return nil }
        return lines[first...].joined(separator: "\n")
    }

    private struct UsageForm: Encodable {
        let type = "usage"
        let message: String
        let usage: String
    }

    /// - Parameter words: message and usage for people; nil where the usage says it all.
    private static func misused(_ message: String, usage: String, words: String?) -> Never {
        if wantsJSON { print(encoded(UsageForm(message: message, usage: usage))) } else { complain(words ?? usage) }
        end(2)
    }

    /// Ends the process without the exit handlers of the libraries in it.
    ///
    /// A PKCS#11 module stays loaded, and its sessions' threads may be on their way out: OpenSSL then frees what an ending
    /// thread still locks (SoftHSM2 2.6.1 with OpenSSL 3.0 ends in SIGSEGV once in some thousands). Nothing of ours is left
    /// to an exit handler; what is buffered for standard output is written.
    public static func end(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }

    /// True where the command line asks for JSON.
    public static var wantsJSON: Bool { CommandLine.arguments.contains("--json") }

    private struct RefusalForm: Encodable {
        let type = "refused"
        let refused: Refusal
    }

    /// The refusal as one JSON object on standard output, or in words on standard error.
    public static func show(_ refusal: Refusal) {
        if wantsJSON { return print(json(refusal)) }
        complain(words(refusal))
    }

    /// Code and meaning, what it is about, and what to do, a line each.
    public static func words(_ refusal: Refusal) -> String {
        "\(refusal.code): \(refusal.meaning)" + (refusal.detail.isEmpty ? "" : "\n  \(refusal.detail)")
            + "\n  \(refusal.remedy)"
    }

    static func json(_ refusal: Refusal) -> String { encoded(RefusalForm(refused: refusal)) }

    private static func encoded(_ form: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = (try? encoder.encode(form)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    /// A text and a line feed on standard error, in one write where the system takes it so.
    public static func complain(_ text: String) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
