import Foundation
import Testing

/// What the documents point at is there: pages, headings, pictures.
@Suite("Links of the documents")
struct LinkTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Paths of all pages, from the root.
    private static func pages() throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: root.path + "/docs")
        return ["README.md", "CONTRIBUTING.md"] + all.filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }.sorted()
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: root.path + "/" + path, encoding: .utf8)
    }

    /// Without what is shown as code: there brackets mean something else.
    private static func prose(_ text: String) -> String {
        var isCode = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            guard line.drop(while: { $0 == " " }).hasPrefix("```") else { return !isCode }
            isCode.toggle()
            return false
        }
        return lines.joined(separator: "\n").replacing(/`[^`\n]*`/, with: "")
    }

    /// As a heading is addressed: small letters, digits, dashes.
    private static func anchors(_ text: String) -> Set<String> {
        var isCode = false
        var found: Set<String> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { isCode.toggle() }
            guard !isCode, line.hasPrefix("#") else { continue }
            let words = line.drop { $0 == "#" || $0 == " " }.lowercased()
            let letters = words.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            found.insert(letters.replacing(" ", with: "-"))
        }
        return found
    }

    @Test("each link and picture of each page leads to a file that is there, and to a heading that it has")
    func links() throws {
        var count = 0
        for page in try Self.pages() {
            let text = try Self.text(page)
            let folder = page.contains("/") ? String(page[..<(page.lastIndex(of: "/") ?? page.endIndex)]) + "/" : ""
            for link in Self.prose(text).matches(of: /\]\(([^)\s]+)\)/) {
                let target = String(link.1)
                if target.contains("://") || target.hasPrefix("mailto:") { continue }
                count += 1
                let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
                    String.init
                )
                let path = parts[0].isEmpty ? page : folder + parts[0]
                guard FileManager.default.fileExists(atPath: Self.root.path + "/" + path) else {
                    Issue.record("\(page) points at \(target), which is not there")
                    continue
                }
                if parts.count > 1, path.hasSuffix(".md") {
                    let has = try Self.anchors(Self.text(path)).contains(parts[1])
                    #expect(has, "\(page) points at \(target), a heading that is not there")
                }
            }
        }
        #expect(count > 60, "\(count) links")
    }

    @Test("each page that is named in passing is there")
    func names() throws {
        var count = 0
        for page in try Self.pages() {
            let folder = page.contains("/") ? String(page[..<(page.lastIndex(of: "/") ?? page.endIndex)]) + "/" : ""
            for name in try Self.text(page).matches(of: /`((?:\.\.\/)*(?:[a-z0-9-]+\/)*[A-Za-z0-9-]+\.md)`/) {
                count += 1
                let places = [folder + name.1, "docs/" + name.1, String(name.1), "docs/operations/" + name.1]
                let isThere = places.contains { FileManager.default.fileExists(atPath: Self.root.path + "/" + $0) }
                #expect(isThere, "\(page) names \(name.1)")
            }
        }
        #expect(count > 10, "\(count) names")
    }

    @Test("each picture is shown on a page")
    func pictures() throws {
        let pages = try Self.pages().map { try Self.text($0) }.joined()
        for file in try FileManager.default.contentsOfDirectory(atPath: Self.root.path + "/docs/images")
        where file.hasSuffix(".svg") {
            #expect(pages.contains("images/" + file), "nothing shows \(file)")
        }
    }

    @Test("each page of the documents is reached from the README")
    func reached() throws {
        var (open, reached) = (["README.md"], Set<String>(["README.md"]))
        while let page = open.popLast() {
            let text = try Self.text(page)
            let folder = URL(fileURLWithPath: Self.root.path + "/" + page).deletingLastPathComponent()
            let named =
                Self.prose(text).matches(of: /\]\(([^)#\s]+\.md)/).map { String($0.1) }
                + text.matches(of: /`((?:\.\.\/)*(?:[a-z0-9-]+\/)*[A-Za-z0-9-]+\.md)`/).map { String($0.1) }
            for name in named where !name.contains("://") {
                let url = URL(fileURLWithPath: name, relativeTo: folder).standardizedFileURL
                guard url.path.hasPrefix(Self.root.path + "/") else { continue }
                let path = String(url.path.dropFirst(Self.root.path.count + 1))
                guard FileManager.default.fileExists(atPath: url.path), reached.insert(path).inserted else { continue }
                open.append(path)
            }
        }
        for page in try Self.pages() where page != "CONTRIBUTING.md" {
            #expect(reached.contains(page), "no way leads to \(page)")
        }
    }
}
