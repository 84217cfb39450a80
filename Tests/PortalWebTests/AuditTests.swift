import Crypto
import Foundation
import KeyCustody
import PortalProtocol
import PortalStore
import Statements
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import PortalWeb

/// The portal's own log: what it is asked by, and the file that is checked without the portal.
@Suite("Audit", .serialized)
struct AuditTests {
    private static func items(_ whole: WholePortal, _ admin: String, _ query: String) async throws -> [AuditItem] {
        let reply = try await whole.portal.ask("GET", "/v1/audit/newest?\(query)", token: admin)
        #expect(reply.status == 200, "\(reply.text)")
        let page = try reply.message(Page<AuditItem>.self)
        return page.items
    }

    @Test("filters answer by who, what, which object and when; a refused act is found as one")
    func filters() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let me = try await whole.portal.ask("GET", "/v1/me", token: admin).message(Me.self)
            let engineer = try await whole.invite([.odmEngineer], into: odm, by: admin)
            whole.portal.clock.advance(86_400)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            _ = try await whole.createFactory("shenzhen-2", of: odm, by: engineer.firstToken)
            let made = try await Self.items(whole, admin, "action=createFactory&outcome=done")
            #expect(made.map(\.act.object) == ["shenzhen-1"] && made[0].act.actor == me.person.id.text)
            let refused = try await Self.items(whole, admin, "actor=\(engineer.person.id)&outcome=refused")
            #expect(refused.map(\.act.outcome) == ["portal.access.role"])
            #expect(
                try await Self.items(whole, admin, "object=\(odm)").map(\.act.action).contains("createOrganisation")
            )
            let late = try await Self.items(
                whole,
                admin,
                "from=\(whole.portal.clock.now + -60)&action=createOrganisation"
            )
            #expect(late.isEmpty)
            let early = try await Self.items(whole, admin, "to=\(whole.portal.clock.now + -3_600)&action=createFactory")
            #expect(early.isEmpty)
            #expect(try await Self.items(whole, admin, "actor=nothing").isEmpty)
            let oldest = try await whole.portal.ask("GET", "/v1/audit?limit=1&action=createOrganisation", token: admin)
                .message(Page<AuditItem>.self)
            #expect(oldest.items.count == 1 && oldest.next == nil)
            let html = ["Accept": "text/html"]
            let page = try await whole.portal.ask(
                "GET",
                "/audit?action=createFactory&outcome=done",
                token: admin,
                headers: html
            )
            #expect(page.status == 200 && page.text.contains("/factories/shenzhen-1\">"))
            #expect(!page.text.contains("<code>createOrganisation</code>"))
        }
    }

    @Test("the page shows fifty and leads on to the oldest")
    func paging() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            for number in 0..<120 { _ = try await whole.createODM("ODM \(number)", by: admin) }
            let html = ["Accept": "text/html"]
            var (path, rows, pages): (String?, Int, Int) = ("/audit", 0, 0)
            while let place = path {
                let page = try await whole.portal.ask("GET", place, token: admin, headers: html)
                #expect(page.status == 200)
                let shown = page.text.matches(of: /<th scope="row"/).count
                #expect(shown <= 50)
                rows += shown
                pages += 1
                path = page.text.firstMatch(of: /href="(\/audit\?[^"]*)">Next page/).map {
                    String($0.1).replacing("&amp;", with: "&")
                }
            }
            let size = try await whole.portal.ask("GET", "/v1/audit/checkpoint", token: admin)
                .message(AuditCheckpoint.self).size
            #expect(rows == size && pages == (size + 49) / 50, "\(rows) of \(size) on \(pages)")
        }
    }

    @Test("each export is entered once, with who took which list through which filter; a refused one is none")
    func exportsAreEntered() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let engineer = try await whole.invite([.odmEngineer], into: odm, by: admin)
            // More than a page of the list: still one entry.
            for number in 0..<201 { _ = try await whole.createODM("ODM \(number)", by: admin) }
            func ask(_ path: String, _ token: String) async throws -> Int {
                let html = ["Accept": "text/html"]
                let reply = try await whole.portal.ask("GET", path, token: token, headers: html)
                return reply.status
            }
            #expect(try await ask("/v1/exports/organisations.csv", admin) == 200)
            #expect(try await ask("/exports/alarms.json?open=true&factory=site-1", engineer.firstToken) == 200)
            #expect(try await ask("/v1/exports/organisations.csv", engineer.firstToken) == 403)
            #expect(try await ask("/v1/exports/alarms.csv?cursor=x", admin) == 400)
            let me = try await whole.portal.ask("GET", "/v1/me", token: admin).message(Me.self)
            func entries(_ action: String) async throws -> [[String?]] {
                try await Self.items(whole, admin, "action=\(action)").map {
                    [$0.act.actor, $0.act.object, $0.act.outcome, $0.act.detail]
                }
            }
            #expect(
                try await entries("exportOrganisationsAsCSV")
                    == [[me.person.id.text, "/v1/organisations", "done", "all of it"]]
            )
            #expect(
                try await entries("exportAlarmsAsJSON")
                    == [[engineer.person.id.text, "/v1/alarms", "done", "factory site-1, open true"]]
            )
            #expect(try await entries("exportAlarmsAsCSV").isEmpty)
            // However long the filter is.
            let long = String(repeating: "x", count: 200)
            let path = "/v1/exports/audit.csv?actor=\(long)&action=\(long)&object=\(long)"
            #expect(try await ask(path, admin) == 200)
            let detail = try await entries("exportAuditAsCSV").first?.last
            #expect(detail??.utf8.count == 400)
            // The page of the log offers them as filters.
            let page = try await whole.portal.ask("GET", "/audit", token: admin, headers: ["Accept": "text/html"])
            #expect(page.text.contains("value=\"exportOrganisationsAsCSV\""))
        }
    }

    @Test("who acted is looked for by name or by id, and a name that nobody has is told beside the field")
    func who() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            for _ in 0..<2 { _ = try await whole.invite([.odmEngineer], into: odm, by: admin, called: "Two Names") }
            let single = try await whole.invite([.odmEngineer], into: odm, by: admin, called: "Xi <b>")
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: single.firstToken)
            func look(_ actor: String) async throws -> TestPortal.Reply {
                let path = "/audit?outcome=refused&actor=\(escaped(actor))"
                return try await whole.portal.ask("GET", path, token: admin, headers: ["Accept": "text/html"])
            }
            for actor in ["Xi <b>", single.person.id.text] {
                let found = try await look(actor)
                #expect(found.status == 200 && found.text.contains("portal.<wbr>access.<wbr>role"), "\(actor)")
                #expect(found.text.matches(of: /<th scope="row"/).count == 1, "\(actor)")
            }
            #expect(try await look("").text.contains("<option value=\"Xi &lt;b&gt;\">"))
            let two = try await look("Two Names")
            #expect(two.status == 200 && two.text.contains("Several people are called that"))
            let suggested = try #require(two.text.firstMatch(of: /<option value="(Two Names \([^"]*\))">/)).1
            #expect(try await look(String(suggested)).text.contains("f-actor-error") == false)
            let nobody = try await look("No Such Person")
            #expect(nobody.status == 200 && nobody.text.contains("Nobody is called that"))
            #expect(nobody.text.matches(of: /<th scope="row"/).isEmpty && !nobody.text.contains("/exports/audit.csv"))
            #expect(try await look("The portal").status == 200)
        }
    }

    // MARK: - The file

    private static func judge(
        _ file: [UInt8],
        trust: PortalLogVerification.Trust,
        earlier: Envelope? = nil
    ) throws -> Verdict {
        let lines = file.split(separator: UInt8(ascii: "\n")).map(Array.init)
        var verification = try PortalLogVerification(
            head: AuditExportHead(parsing: try #require(lines.first)),
            trust: trust,
            earlier: earlier
        )
        for line in lines.dropFirst() { try verification.take(line) }
        return verification.finish()
    }

    private static func code(_ body: () throws -> Verdict) -> String {
        do { return try body().code } catch { return (error as? Refusal)?.code ?? "\(error)" }
    }

    @Test("the exported log is accepted under the root authority, and nothing in it can be changed")
    func export() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let keys = try await whole.roleKeys()
            let put = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [keys]), token: admin)
            #expect(put.status == 200, "\(put.text)")
            for number in 0..<7 { _ = try await whole.createODM("ODM \(number)", by: admin) }
            let kept = try await whole.portal.ask("GET", "/v1/audit/checkpoint", token: admin)
                .message(AuditCheckpoint.self)
            for number in 7..<12 { _ = try await whole.createODM("ODM \(number)", by: admin) }
            let reply = try await whole.portal.ask("GET", "/v1/audit/export", token: admin)
            #expect(reply.status == 200 && reply.header("Content-Type") == "application/x-ndjson", "\(reply.text)")
            let file = reply.body
            let trust = PortalLogVerification.Trust(root: WholePortal.point(whole.root))
            let verdict = try Self.judge(file, trust: trust, earlier: kept.checkpoint)
            #expect(verdict.accepted, "\(verdict)")
            #expect(verdict.fields["earlierSize"] == String(kept.size))

            let portal = try await whole.token.signingKey(.init(.portal)).publicKey
            #expect(try Self.judge(file, trust: .init(portal: portal)).accepted)
            #expect(Self.code { try Self.judge(file, trust: .init()) } == "verify.audit.unproven")
            let stranger = WholePortal.point(P256.Signing.PrivateKey())
            #expect(Self.code { try Self.judge(file, trust: .init(portal: stranger)) } != "verify.accepted")
            #expect(Self.code { try Self.judge(file, trust: .init(root: stranger)) } != "verify.accepted")

            var lines = file.split(separator: UInt8(ascii: "\n")).map(Array.init)
            func changed(_ change: (inout [[UInt8]]) -> Void) -> String {
                var copy = lines
                change(&copy)
                return Self.code { try Self.judge(Array(copy.joined(separator: [0x0A])), trust: trust) }
            }
            #expect(changed { _ in } == "verify.accepted")
            #expect(changed { $0.removeLast() } == "verify.audit.differs")
            #expect(changed { $0.remove(at: 3) } == "verify.audit.differs")
            #expect(changed { $0.append($0[$0.count - 1]) } == "verify.audit.differs")
            #expect(changed { $0.swapAt(2, 3) } == "verify.audit.differs")
            let renamed = changed { lines in
                lines[2] = Array(String(decoding: lines[2], as: UTF8.self).replacing("ODM", with: "ODN").utf8)
            }
            let target = String(decoding: lines[2], as: UTF8.self)
            #expect(renamed == (target.contains("ODM") ? "verify.audit.differs" : "verify.accepted"))
            for place in 1..<lines.count {
                let code = changed { $0[place][$0[place].count / 2] ^= 1 }
                #expect(code != "verify.accepted", "line \(place)")
            }
            // A log that was rewritten and signed by the portal's own key does not continue what was kept.
            lines.removeLast()
            let rewritten = try await Self.resigned(lines, whole) { $0.replacing("ODM 2", with: "ODM X") }
            #expect(Self.code { try Self.judge(rewritten, trust: trust) } == "verify.accepted")
            let continued = Self.code { try Self.judge(rewritten, trust: trust, earlier: kept.checkpoint) }
            #expect(continued == "verify.audit.inconsistent")
            let short = try await Self.resigned(Array(lines.prefix(4)), whole) { $0 }
            let cut = Self.code { try Self.judge(short, trust: trust, earlier: kept.checkpoint) }
            #expect(cut == "verify.audit.inconsistent")
            let engineer = try await whole.createODM("Last", by: admin)
            let other = try await whole.invite([.odmEngineer], into: engineer, by: admin)
            #expect(try await whole.portal.ask("GET", "/v1/audit/export", token: other.firstToken).status == 403)
        }
    }

    /// The same entries, changed, under a checkpoint of their own.
    private static func resigned(
        _ lines: [[UInt8]],
        _ whole: WholePortal,
        _ change: (String) -> String
    ) async throws -> [UInt8] {
        let head = try AuditExportHead(parsing: lines[0])
        let entries = lines.dropFirst().map { Array(change(String(decoding: $0, as: UTF8.self)).utf8) }
        let tree = MerkleTree(leaves: entries.map { MerkleHash.leaf($0) })
        let statement = PortalCheckpoint(size: tree.size, root: tree.root, time: whole.portal.clock.now)
        let key = try await whole.token.signingKey(.init(.portal))
        let unsigned = try statement.unsigned()
        let signature = try await key.sign(unsigned.signedBytes)
        let envelope = unsigned.adding(.init(keyID: key.publicKey.keyID, value: signature))
        let first = try AuditExportHead(checkpoint: envelope, roleKeys: head.roleKeys).serialized()
        return Array(([first] + entries).joined(separator: [0x0A]))
    }
}
