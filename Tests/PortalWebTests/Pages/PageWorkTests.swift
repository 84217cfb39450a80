import Foundation
import HTTPTypes
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

/// What pages ask of the database, counted in steps of SQLite's machine, and how heavy they are.
@Suite("Pages: work and weight", .serialized)
struct PageWorkTests {
    private static let times = 30
    /// Tables with a row for each entry, device, record or act: read by key, never through.
    private static let long = [
        "journal_entries", "journal_units", "journal_credentials", "journal_hashes", "label_record", "site_event",
        "portal_log", "portal_log_node",
    ]

    /// Steps of one look at a page, by statement; the second look, when nothing is compiled or noted anew.
    private static func work(_ portal: PagePortal, _ path: String) async throws -> [String: StatementWork.Cost] {
        _ = try await portal.page(path)
        _ = try portal.database.work.take()
        _ = try await portal.page(path)
        return try portal.database.work.take()
    }

    @Test("no page costs more with thirty times the devices, and none looks through a long table")
    func devices() async throws {
        try await PagePortal.run(devices: 60) { portal in
            let paths = try portal.paths
            var before: [String: [String: StatementWork.Cost]] = [:]
            for path in paths { before[path] = try await Self.work(portal, path) }
            try await portal.multiply(by: Self.times)
            var statements: Set<String> = []
            for path in paths {
                let after = try await Self.work(portal, path)
                statements.formUnion(after.keys)
                let (few, many) = (Self.steps(before[path]), Self.steps(after))
                #expect(few > 0 && many <= few + few / 20 + 50, "\(path): \(few) steps, \(many) with more devices")
                if many > few + few / 20 + 50 {
                    for (sql, cost) in after where cost.steps > (before[path]?[sql]?.steps ?? 0) {
                        Issue.record("\(path): \(before[path]?[sql]?.steps ?? 0) to \(cost.steps): \(sql)")
                    }
                }
            }
            try await Self.checkPlans(statements, portal)
            // That the count would show it: this looks through all of them.
            _ = try portal.database.work.take()
            _ = try await portal.database.read {
                try $0.rows("SELECT count(*) AS amount FROM journal_units WHERE stage = 'failed'", [])
            }
            #expect(Self.steps(try portal.database.work.take()) > 120 * Self.times)
        }
    }

    private static func steps(_ work: [String: StatementWork.Cost]?) -> Int {
        work?.values.reduce(0) { $0 + $1.steps } ?? 0
    }

    /// By SQLite's own word for each statement that pages ran.
    private static func checkPlans(_ statements: Set<String>, _ portal: PagePortal) async throws {
        let path = portal.whole.folder + "/portal.sqlite"
        var scans: [String] = []
        for sql in statements where sql.uppercased().hasPrefix("SELECT") {
            for line in try Plan.lines(of: sql, in: path) {
                let words = line.split(separator: " ")
                guard words.first == "SCAN", words.count > 1 else { continue }
                // The end of an index, and no more of it.
                if line.contains("INDEX"), sql.contains("ORDER BY"), sql.hasSuffix("LIMIT 1") { continue }
                // An alias stands for its table.
                let table = String(words[1])
                let named = long.filter { $0 == table || sql.contains("\($0) \(table) ") }
                if !named.isEmpty { scans.append("\(line): \(sql)") }
            }
        }
        #expect(scans.isEmpty, "\(scans.joined(separator: "\n"))")
        #expect(try Plan.lines(of: "SELECT count(*) FROM journal_units", in: path).contains { $0.hasPrefix("SCAN") })
    }

    @Test("each page with stylesheet and scripts is under 150 kB, also without compression")
    func weight() async throws {
        try await PagePortal.run(devices: 60) { portal in
            for path in try portal.paths {
                let page = try await portal.page(path)
                #expect(page.header("Content-Encoding") == nil, "\(path) holds a secret: never compressed")
                var sum = page.body.count
                let found = page.text.matches(of: /"(\/assets\/[A-Za-z0-9.-]+\.(?:css|js))"/)
                var files = Set(found.map { String($0.1) })
                // What a script imports is fetched too.
                for file in files where file.hasSuffix(".js") {
                    let text = try await portal.whole.portal.ask("GET", file).text
                    files.formUnion(text.matches(of: /"(\/assets\/[A-Za-z0-9.-]+\.js)"/).map { String($0.1) })
                }
                #expect(files.contains { $0.hasSuffix(".css") } && files.contains { $0.hasSuffix(".js") }, "\(path)")
                for file in files { sum += try await portal.whole.portal.ask("GET", file).body.count }
                #expect(sum < 150_000, "\(path): \(sum) octets")
            }
        }
    }

    @Test("an asset comes compressed to who takes it, whole to others, and not again to who has it")
    func assets() async throws {
        try await WholePortal.run { whole in
            let portal = whole.portal
            let page = try await portal.ask("GET", "/setup", headers: ["Accept": "text/html"])
            let match = try #require(page.text.firstMatch(of: /"(\/assets\/app\.[0-9a-f]{16}\.css)"/))
            let path = String(match.1)
            let plain = try await portal.ask("GET", path)
            #expect(plain.header("Content-Encoding") == nil && plain.header("Vary") == "Accept-Encoding")
            for (accepted, isPacked) in [
                ("gzip", true), ("br, gzip;q=0.5", true), ("GZIP", true), ("*", true), ("x-gzip", true),
                ("gzip;q=0", false), ("gzip; q=0.000", false), ("br", false), ("*;q=0", false),
                ("gzip;q=0, *", false), ("identity", false), ("gzipped", false), ("", false),
            ] {
                let reply = try await portal.ask("GET", path, headers: ["Accept-Encoding": accepted])
                #expect((reply.header("Content-Encoding") == "gzip") == isPacked, "\(accepted)")
                #expect(reply.header("Vary") == "Accept-Encoding", "\(accepted)")
                #expect((reply.header("ETag") == plain.header("ETag")) == !isPacked, "\(accepted)")
                if isPacked {
                    #expect(reply.body.count * 3 < plain.body.count, "\(reply.body.count)")
                    #expect(try Plan.unpacked(reply.body, in: whole.folder) == plain.body, "\(accepted)")
                } else {
                    #expect(reply.body == plain.body, "\(accepted)")
                }
                let tag = try #require(reply.header("ETag"))
                for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let again = try await portal.ask(
                        "GET",
                        path,
                        headers: ["Accept-Encoding": accepted, "If-None-Match": known]
                    )
                    #expect(again.status == 304 && again.body.isEmpty, "\(known)")
                    #expect(again.header("ETag") == tag && again.header("Cache-Control")?.contains("immutable") == true)
                }
                let other = try await portal.ask("GET", path, headers: ["If-None-Match": "\"other\""])
                #expect(other.status == 200)
            }
        }
    }

    @Test("fonts are within 200 kB together")
    func fonts() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".fonts").path
        guard FileManager.default.fileExists(atPath: folder) else {
            return print("no .fonts: scripts/fonts makes them")
        }
        let names = ["inter-regular.woff2", "inter-semibold.woff2", "jetbrains-mono.woff2"]
        let shelf = try AssetShelf(fonts: folder)
        let style = try #require(shelf.fontStyle)
        // One that did not fit would be left out.
        #expect(shelf.answer(style, [:]) != nil)
        let sizes = try names.map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")).count }
        #expect(sizes.reduce(0, +) <= AssetShelf.largestFonts, "\(sizes)")
    }
}
