import PortalStore
import PortalWeb
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

@Suite struct JournaledCertificatesTests {
    @Test("the journal's word on installed certificates is kept, also before anybody brings them")
    func kept() async throws {
        let world = try World()
        let (box, _) = try Box.working(world, units: 1...1)
        let journal = SentJournal(box)
        let bench = try IngestBench(world)
        #expect(try await bench.service.ingest(journal.whole(), from: nil).refusal == nil)
        let bodies = try journal.entries.compactMap {
            try JournalEntry(parsing: $0).event.body as? CertificatesInstalled
        }
        let body = try #require(bodies.last)
        let digest: Digest256? = try await bench.database.read { transaction in
            try transaction.row(
                "SELECT digest FROM installed_certificate WHERE product = ?",
                [.text(body.product.text)]
            )?.fixed("digest")
        }
        #expect(digest == InstalledCertificates(body).digest)
    }
}
