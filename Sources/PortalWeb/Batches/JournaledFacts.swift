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
            try note(body, on: edge, at: time)
        }
    }

    /// Only the certificates that the portal sends count: older ones may have been brought by stick before.
    private func note(_ body: CertificatesInstalled, on edge: EdgeHSMID, at time: Instant) throws {
        let table = PreparationTable(transaction)
        guard let stored = try table.certificates(of: body.product, on: edge),
            let sent = try? ProductCertificates(parsing: stored.content),
            sent.paa == body.paa, sent.pai == body.pai, sent.debugRoot == body.debugRoot,
            sent.debugIntermediate == body.debugIntermediate
        else { return }
        try table.noteInstalled(body.product, on: edge, at: time)
    }
}
