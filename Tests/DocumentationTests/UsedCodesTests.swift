import Foundation
import Testing
import Vocabulary

/// A code that nothing refuses with is a promise in `docs/errors.md` that nobody keeps.
@Suite("Used codes")
struct UsedCodesTests {
    /// One source file and the members that it names.
    private struct Source {
        let module: String
        let text: String
        /// `Name.member` where a name stands before the dot, else `.member`.
        let members: Set<Substring>

        init(_ path: String, module: String) throws {
            self.module = module
            let text = try String(contentsOfFile: path, encoding: .utf8)
            self.text = text
            var members: Set<Substring> = []
            for match in text.matches(of: /([A-Za-z_][A-Za-z0-9_]*)?\.[A-Za-z_][A-Za-z0-9_]*/) {
                let isOfResult =
                    match.output.0.hasPrefix(".")
                    && text[..<match.range.lowerBound].last.map(")]?!".contains)
                        == true
                if !isOfResult { members.insert(match.output.0) }
            }
            self.members = members
        }

        func declares(_ catalogue: String) -> Bool {
            ["enum \(catalogue):", "extension \(catalogue) "].contains { text.contains($0) }
        }
    }

    private static func sources() throws -> [Source] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources").path
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasSuffix(".swift") }
        return try paths.map { try Source(root + "/" + $0, module: String($0.prefix { $0 != "/" })) }
    }

    private static func unused<Catalogue: ErrorCatalogue>(_ catalogue: Catalogue.Type, _ sources: [Source]) -> [String]
    {
        let name = String(describing: catalogue)
        let module = sources.first { $0.text.contains("enum \(name): String, ErrorCatalogue") }?.module
        // Where the catalogue itself stands, `.member` is its text and not its use.
        let around = sources.filter { $0.module == module && !$0.declares(name) }
        return catalogue.allCases.filter { code in
            let isNamed = sources.contains { $0.members.contains("\(name).\(code)") }
            return !isNamed && !around.contains { $0.members.contains(".\(code)") }
        }.map(\.rawValue)
    }

    @Test("every code is used outside its catalogue")
    func everyCodeIsUsed() throws {
        let sources = try Self.sources()
        #expect(sources.count > 100, "the sources were found")
        for catalogue in ErrorCatalogueTests.catalogues {
            let unused = Self.unused(catalogue, sources)
            #expect(unused.isEmpty, "\(catalogue): no refusal carries \(unused)")
        }
    }

    private enum Dead: String, ErrorCatalogue {
        case neverUsed = "test.code.never-used"
        var meaning: String { "Nothing refuses with this." }
        var remedy: String { "None is needed." }
    }

    @Test("a dead code is found")
    func aDeadCodeIsFound() throws {
        #expect(try Self.unused(Dead.self, Self.sources()) == [Dead.neverUsed.rawValue])
    }
}
