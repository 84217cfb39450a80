import ArgumentParser
import Glibc
import Governance
import Statements
import Vocabulary

/// What people and programs read: words on standard output, or with --json one JSON object.
enum Output {
    static let tool = "obis 1.0.0"

    static var wantsJSON: Bool { CommandLine.arguments.contains("--json") }

    private struct RefusalForm: Encodable {
        let refused: Refusal
    }

    static func refuse(_ refusal: Refusal) {
        if wantsJSON, let bytes = try? StatementCoding.encode(RefusalForm(refused: refusal)) {
            return print(String(decoding: bytes, as: UTF8.self))
        }
        complain("\(refusal.code): \(refusal.meaning)" + (refusal.detail.isEmpty ? "" : "\n  \(refusal.detail)"))
        complain("  \(refusal.remedy)")
    }

    static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    /// The object as JSON, or the words.
    static func show(_ object: some Encodable, _ words: @autoclosure () -> String) throws {
        guard wantsJSON else { return print(words()) }
        print(String(decoding: try StatementCoding.encode(object), as: UTF8.self))
    }
}

struct CommonOptions: ParsableArguments {
    @Flag(help: "Print one JSON object instead of words.")
    var json = false
}

/// How strict to be, as an option.
enum ProfileOption: String, ExpressibleByArgument {
    case lab
    case production

    var profile: CustodyProfile { self == .lab ? .lab : .production }
}

/// Written files and digests, as most commands answer.
struct Written: Encodable {
    let file: String
    let digest: Digest256
    var id: Digest256?

    var words: String { "\(file)\n  " + (id.map { "id \($0)" } ?? "SHA-256 \(digest)") }
}
