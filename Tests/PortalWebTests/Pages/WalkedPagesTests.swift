import Foundation
import HTTPTypes
import Testing

@testable import PortalWeb

/// The acceptance walks pages in a browser by a list of its own: no page may be forgotten there.
@Suite("Pages: all are walked in the acceptance")
struct WalkedPagesTests {
    private static let list = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("acceptance/browser/pages.py")

    private static let pages = list.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/PortalPages/Pages")

    /// Paths with what stands for an object in braces replaced.
    private static func paths(_ text: Substring) -> [String] {
        var known: [String: String] = [:]
        for match in text.matches(of: /(?m)^[ ]{4}(\w+)[ ]=[ ]f"((?:\/|\{)[^"]*)"$/) {
            known[String(match.1)] = plain(String(match.2), known)
        }
        return text.matches(of: /"[a-z-]+":[ ]f?"((?:\/|\{)[^"]*)"/).map { plain(String($0.1), known) }
    }

    private static func plain(_ path: String, _ known: [String: String]) -> String {
        let whole = path.replacing(/\{([^}]*)\}/) { known[String($0.1)] ?? "x" }
        return String(whole.prefix { $0 != "?" })
    }

    @Test("each page is walked, or stands among those that can't be, with the reason")
    func everyPage() throws {
        let text = try String(contentsOf: Self.list, encoding: .utf8)
        let start = try #require(text.firstRange(of: "NOT_WALKED = {"))
        let excused = Set(text[start.upperBound...].matches(of: /"(\/[^"]*)":[ ]"[^"]+"/).map { String($0.1) })
        let walked = Self.paths(text[..<start.lowerBound])
        #expect(walked.count > 40 && !excused.isEmpty)
        let pages = PageSite.pages.filter { $0.method == .get }
        // As the site finds them: the first that fits.
        let reached = Set(
            walked.compactMap { path in pages.first { $0.template.parameters(of: path) != nil }?.template.text }
        )
        for page in pages.map(\.template.text) {
            #expect(reached.contains(page) != excused.contains(page), "\(page)")
        }
        #expect(excused.isSubset(of: pages.map(\.template.text)), "what is excused is a page")
    }

    @Test("each dialog is walked open, or stands among those that can't be, with the reason")
    func everyDialog() throws {
        let text = try String(contentsOf: Self.list, encoding: .utf8)
        let start = try #require(text.firstRange(of: "NO_DIALOG = {"))
        let end = try #require(text[start.upperBound...].firstRange(of: "}"))
        let excused = Set(
            text[start.upperBound..<end.lowerBound].matches(of: /"([a-z-]+)":[ ]"[^"]+"/).map { String($0.1) }
        )
        let walked = Set(text.matches(of: /\?do=([a-z-]+)"/).map { String($0.1) })
        var dialogs: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: Self.pages.path) {
            let source = try String(contentsOf: Self.pages.appendingPathComponent(file), encoding: .utf8)
            dialogs.formUnion(source.matches(of: /(?:DialogForm|dialog)\(\s*"([a-z-]+)"/).map { String($0.1) })
        }
        #expect(dialogs.count > 15, "\(dialogs.sorted())")
        for dialog in dialogs { #expect(walked.contains(dialog) != excused.contains(dialog), "\(dialog)") }
        #expect(excused.isSubset(of: dialogs) && walked.isSubset(of: dialogs), "what is named is a dialog")
    }
}
