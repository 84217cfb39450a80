import FactoryCore
import Foundation
import LineProtocol
import PortalProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// What decides does not wait for records, and is not lost with them.
@Suite(.serialized) struct SyncOrderTests {
    private let order = Envelope(payloadType: "test/order", payload: [1], signatures: [])

    private func positions(_ site: SyncSite, _ end: String) -> [Int] {
        site.rows.requests.indices.filter { site.rows.requests[$0].hasSuffix(end) }
    }

    /// The same site with rounds of one chunk each.
    private func impatient(_ site: SyncSite) async -> Synchroniser {
        var parts = await site.synchroniser.parts
        parts.turn = .zero
        return Synchroniser(parts)
    }

    @Test func anOrderComesBetweenTwoChunksOfABacklog() async throws {
        try await SyncSite.with { site in
            try site.line.edge.grow(2_000)
            await site.line.rounds(1)
            let synchroniser = await impatient(site)
            await synchroniser.round()
            #expect((1..<2_000).contains(site.rows.journal.count))
            site.portal.rows.withLock {
                $0.bundle = DownlinkBundle(orders: [order])
                $0.downlink = Digest256.of([2])
            }
            await synchroniser.round()
            #expect(site.line.edge.state.withLock { $0.downlinks.last?.orders } == [order])
            #expect(site.rows.journal.count < 2_000, "the backlog is not through yet")
            let (downs, ups) = (positions(site, "/downlink"), positions(site, "/uploads"))
            #expect(try #require(downs.last) < #require(ups.last), "the order came before that round's records")
            // What was cut short goes on by itself, to the end.
            _ = try await synchroniser.syncNow()
            #expect(site.rows.journal.count == 2_000)
            await synchroniser.close()
        }
    }

    @Test func anUploadThatIsNeverTakenKeepsNothingElseAway() async throws {
        let firmware = [UInt8](repeating: 7, count: 50_000)
        let package = try SyncSite.package(Sample.digest(9))
        try await SyncSite.with(life: (from: -86_400 * 80, until: 86_400 * 5)) { site in
            try site.line.edge.grow(300)
            let batch = Sample.batch(9, firmware: Digest256.of(firmware), size: firmware.count)
            site.line.edge.state.withLock { $0.offers[Sample.digest(9)] = batch }
            site.portal.rows.withLock { rows in
                rows.bundle = DownlinkBundle(orders: [order])
                rows.packages[Sample.digest(9)] = package
                rows.firmware[Digest256.of(firmware)] = firmware
                rows.lie = { $0.hasSuffix("/uploads") ? .status(503) : .none }
            }
            await site.rounds(4)
            #expect(site.rows.uploads.isEmpty)
            #expect(site.line.edge.state.withLock { $0.downlinks.first?.orders } == [order])
            #expect(site.rows.requests.contains("POST /sync/v1/renew"), "the certificate")
            let orders = try await site.line.local().call(GetFactoryStatus.self).orders
            #expect(orders.map(\.hasFirmware) == [true], "package and firmware")
            // And is told.
            let refusal = try await site.synchroniser.report().refusal
            #expect(refusal?.has(FactoryError.portalBusy) == true, "\(String(describing: refusal))")
        }
    }

    /// An EdgeHSM under a rule of a minute would stand for the rest of the hour otherwise, though the link is up.
    @Test func thePortalsWordIsFetchedAsOftenAsTheStrictestRuleWants() async throws {
        try await SyncSite.with { site in
            await site.rounds(4)
            #expect(positions(site, "/downlink").count == 2, "orders, and the receipt; then hourly without a rule")
            site.line.edge.state.withLock { $0.longestSilence = 1 }
            let end = ContinuousClock.now + .seconds(20)
            while positions(site, "/downlink").count < 5 && .now < end {
                await site.rounds(1)
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(positions(site, "/downlink").count >= 5)
            #expect(site.line.edge.state.withLock { $0.downlinks.count } >= 5, "each is applied")
            _ = try await site.line.local().call(ExportRecords.self, .init(folder: site.line.folder))
            let events = try String(contentsOfFile: site.line.folder + "/events.jsonl", encoding: .utf8)
            #expect(!events.contains("status:"), "a status is no event: \(events)")
        }
    }
}
