import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: the portal's log as sentences")
struct AuditSentenceTests {
    private func entry(
        _ action: String,
        by actor: String = "Ada Admin",
        _ object: String = "x",
        _ place: AuditPage.Place? = nil,
        outcome: String = "done"
    ) -> AuditPage.Entry {
        AuditPage.Entry(
            position: 1_030,
            time: .epoch,
            actor: actor,
            actorID: "p-1",
            action: action,
            object: object,
            place: place,
            outcome: outcome,
            detail: nil,
            requestID: "r-1"
        )
    }

    /// What is read before anything is unfolded.
    private func said(_ entry: AuditPage.Entry) -> String {
        let html = AuditPage.sentence(entry).html
        let end = html.firstRange(of: "</p>")?.lowerBound ?? html.endIndex
        return String(html[..<end]).replacing(/<[^>]*>/, with: "")
    }

    @Test("an act reads as a sentence that names its object; ids stand in the fold")
    func sentences() {
        let alarm = AuditPage.Place(.alarm, "alarm 1, Altered, edge-5", "/alarms")
        let cases: [(AuditPage.Entry, String)] = [
            (entry("acknowledgeAlarm", "alarm 1", alarm), "Ada Admin acknowledged alarm 1, Altered, edge-5"),
            (entry("createBatch", "b-12345678", .init(.batch, "night", "/batches/b")), "Ada Admin created batch night"),
            (entry("changePerson", "p-2", .init(.person, "Olga Orlova", "/p")), "Ada Admin changed Olga Orlova"),
            (entry("putEdge", "edge-5", .init(.edge, "edge-5", "/e")), "Ada Admin uploaded EdgeHSM edge-5"),
            (entry("uploadStick", "f", .init(.factory, "Monterrey", "/f")), "Ada Admin uploaded stick, Monterrey"),
            (entry("signIn", "s-12345678"), "Ada Admin signed in"),
            (entry("exportAuditAsCSV", "/v1/audit"), "Ada Admin exported audit as CSV"),
            (
                entry("haltJournal", by: "The portal", "edge-5", .init(.edge, "edge-5", nil)),
                "The portal stopped journal, edge-5"
            ),
            (
                entry("changeProduct", "/v1/products/{product}", outcome: "portal.access.role"),
                "Ada Admin tried to change product of a product"
            ),
        ]
        for (entry, words) in cases { #expect(said(entry).trimmingCharacters() == words) }
        let html = AuditPage.sentence(entry("signIn", "s-12345678")).html
        #expect(html.contains("<details") && html.contains("s-12345678") && html.contains("entry 1,031"))
    }

    @Test("the portal and who is not signed in are called that; others by their names, else by their ids")
    func actors() {
        #expect(AuditWords.actor("portal") { _ in nil } == "The portal")
        #expect(AuditWords.actor("nobody") { _ in nil } == "Somebody not signed in")
        #expect(AuditWords.actor("p-1") { $0 == "p-1" ? "Ada" : nil } == "Ada")
        #expect(AuditWords.actor("p-2") { _ in nil } == "p-2")
    }

    @Test("details: a repeated refusal in words, digests short, numbers and times as everywhere")
    func details() {
        let once = AuditPage.detail("1 more since 2026-11-23T15:42:43Z").html
        #expect(once.contains("refused 1 more time since") && once.contains("23 Nov 2026, 15:42 UTC"))
        let digest = String(repeating: "ab", count: 32)
        let text = AuditPage.detail("forked <b>: two versions of entry 1014, SHA-256 \(digest)").html
        #expect(text.contains("entry 1,014") && text.contains("&lt;b&gt;"))
        #expect(text.contains(">abababababab…</code>"))
    }
}

extension String {
    fileprivate func trimmingCharacters() -> String { split(separator: " ").joined(separator: " ") }
}
