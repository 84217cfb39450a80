import Foundation
import HTTPTypes
import Testing

@testable import PortalWeb

/// What the documents say to ask is what the portal answers.
@Suite("The documents' operations and pages")
struct DocumentedPathsTests {
    private static let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs")

    private static func pages() throws -> [(name: String, text: String)] {
        try FileManager.default.subpathsOfDirectory(atPath: docs.path).filter { $0.hasSuffix(".md") }.map { name in
            (name, try String(contentsOfFile: docs.path + "/" + name, encoding: .utf8))
        }
    }

    /// `/v1/people/{person}` and `/v1/people/p-1` as `/v1/people/*`.
    private static func fits(_ path: String, _ template: PathTemplate) -> Bool {
        let (asked, known) = (path.split(separator: "/"), template.text.split(separator: "/"))
        return asked.count == known.count && zip(asked, known).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
    }

    @Test("each operation that a page of the documents names is mounted under that method")
    func operations() async throws {
        try await WholePortal.run { whole in
            let declarations = whole.routes.map(\.declaration) + whole.syncRoutes.map(\.declaration)
            var count = 0
            for (name, text) in try Self.pages() {
                for match in text.matches(
                    of: /(GET|HEAD|POST|PUT|PATCH|DELETE) (\/(?:v1|sync\/v1)\/[A-Za-z0-9{}\/_-]+)/
                ) {
                    count += 1
                    let isThere = declarations.contains {
                        $0.method.rawValue == match.1 && Self.fits(String(match.2), $0.template)
                    }
                    #expect(isThere, "\(name): \(match.1) \(match.2)")
                }
                // Without a method, in quotes.
                for match in text.matches(of: /`(\/(?:v1|sync\/v1)\/[A-Za-z0-9{}\/_-]+)/) {
                    count += 1
                    let path = String(match.1)
                    #expect(declarations.contains { Self.fits(path, $0.template) }, "\(name): \(path)")
                }
            }
            #expect(count > 40, "\(count)")
        }
    }

    @Test("each page of the portal that a page of the documents names is there")
    func portalPages() throws {
        let tops: Set<String> = [
            "setup", "sign-in", "join", "reset", "account", "people", "products", "batches", "factories", "devices",
            "keys",
            "audit", "alarms", "exports", "styleguide",
        ]
        var count = 0
        for (name, text) in try Self.pages() {
            for match in text.matches(of: /`(\/[a-z][a-z0-9{}\/-]*)`/) {
                let path = String(match.1)
                guard let top = path.split(separator: "/").first, tops.contains(String(top)) else { continue }
                count += 1
                #expect(PageSite.pages.contains { Self.fits(path, $0.template) }, "\(name): \(path)")
            }
        }
        #expect(count >= 4, "\(count)")
    }
}
