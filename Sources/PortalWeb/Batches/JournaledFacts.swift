import PortalStore
import Statements
import Verify
import Vocabulary

/// What entries that were judged right say beside units and allotment: that certificates are installed.
struct JournaledFacts {
    private let transaction: any SQLTransaction
    init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    func note(
        _ reads: ArraySlice<ReadEntry>,
        except quarantined: [Quarantine.Note],
        of edge: EdgeHSMID,
        at time: Instant
    ) throws {
        let wrong = Set(quarantined.compactMap(\.sequence))
        for entry in reads.compactMap(\.entry) where !wrong.contains(entry.sequence) {
            guard let body = entry.event.body as? CertificatesInstalled else { continue }
            let installed = InstalledCertificates(body)
            try PreparationTable(transaction).noteInstalled(installed, of: body.product, on: edge, at: time)
        }
    }
}
