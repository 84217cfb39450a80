import Foundation
import Matter
import PortalCore
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

extension LabelRevealTests {
    @Test("after the batch is closed its labels are for the OEM alone")
    func closedBatch() async throws {
        try await run { site in
            let unit = site.units[0]
            let manager = try await site.whole.invite([.odmProductionManager], into: site.own, by: site.admin)
            #expect(try await site.reveal(unit, by: manager.firstToken).status == 200)
            try await site.whole.services.database.write("test") { transaction in
                _ = try transaction.execute(
                    "UPDATE journal_batches SET closed = 1 WHERE batch = ?",
                    [.fixed(unit.authorization)]
                )
            }
            let late = try await site.reveal(unit, by: manager.firstToken)
            #expect(late.status == 409 && late.problem?.code == "portal.label.batch-over", "\(late.text)")
            #expect(try await site.reveal(unit).status == 200)
        }
    }

    @Test("nobody takes more codes than the budget, at once or one after the other, and who tries is entered")
    func budget() async throws {
        try await run { site in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for number in 0..<LabelBudget.person.most + 12 {
                    tasks.addTask { try await site.reveal(site.units[number % 3]).status }
                }
                return try await tasks.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: LabelBudget.person.most, 429: 12], "\(statuses)")
            let over = try await site.reveal(site.units[0])
            #expect(over.status == 429 && over.problem?.code == "portal.label.too-many", "\(over.text)")
            #expect(over.header("Retry-After") == "3600")
            let refused = try await site.whole.portal.ask(
                "GET",
                "/v1/audit/newest?action=revealLabel&outcome=refused",
                token: site.admin
            ).message(Page<AuditItem>.self).items
            #expect(refused.first?.act.outcome == "portal.label.too-many")
            site.whole.portal.clock.advance(LabelBudget.person.seconds)
            #expect(try await site.reveal(site.units[0]).status == 200)
            // Another person of the organisation has their own hour, within the organisation's day.
            #expect(
                LabelBudget.wait(Array(repeating: .epoch, count: 300), LabelBudget.organisation, at: .epoch) == 86_400
            )
            #expect(LabelBudget.wait(Array(repeating: .epoch, count: 299), LabelBudget.organisation, at: .epoch) == nil)
        }
    }

    @Test("the page shows the code in the answer to its form alone, and the form to who may send it")
    func page() async throws {
        try await run { site in
            let unit = site.units[0]
            let html = ["Accept": "text/html"]
            let place = "/devices/\(unit.id)"
            let first = try await site.whole.portal.ask("GET", place, token: site.admin, headers: html)
            #expect(first.status == 200 && first.text.contains("Show code"))
            #expect(!first.text.contains("MT:") && !first.text.contains("manual-code"))
            let csrf = try #require(first.text.firstMatch(of: /name="csrf" value="([^"]*)"/)).1
            let shown = try await site.whole.portal.ask(
                "POST",
                place,
                token: site.admin,
                headers: html.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 },
                body: Array("csrf=\(csrf)".utf8)
            )
            #expect(shown.status == 200, "\(shown.status)")
            #expect(shown.header("Cache-Control") == "no-store")
            let code = try #require(shown.text.firstMatch(of: /id="manual-code">([0-9-]+)</)).1
            let passcode = try ManualPairingCode(String(code)).passcode
            let known = try site.secrets.of(unit.unit).passcode
            #expect(passcode == known)
            #expect(shown.text.contains("<path fill=\"#000000\" d=\"M"))
            let again = try await site.whole.portal.ask("GET", place, token: site.admin, headers: html)
            #expect(!again.text.contains("manual-code"))
            let engineer = try await site.whole.invite([.odmEngineer], into: site.own, by: site.admin)
            let closed = try await site.whole.portal.ask("GET", place, token: engineer.firstToken, headers: html)
            #expect(closed.status == 200 && !closed.text.contains("Show code"))
            // Its certificate is told in words.
            #expect(closed.text.contains("ECDSA with SHA-256") && closed.text.contains("Vendor ID (Matter): FFF1"))
            #expect(closed.text.contains("Product ID (Matter): 8001") && !closed.text.contains("37244"))
        }
    }
}
