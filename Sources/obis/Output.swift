import ArgumentParser
import CommandSupport
import Governance
import Statements
import Vocabulary

/// What people and programs read: words on standard output, or with --json one JSON object.
enum Output {
    static let tool = Program.version(of: "obis")

    static var wantsJSON: Bool { Program.wantsJSON }

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
