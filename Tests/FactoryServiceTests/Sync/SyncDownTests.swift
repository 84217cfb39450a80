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

@Suite(.serialized) struct SyncDownTests {
    private let firmware = (0..<3_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 31) >> 3) }
    private let authorization = Sample.digest(9)

    private func offer(_ site: SyncSite) throws {
        let (batch, package) = (
            Sample.batch(9, firmware: Digest256.of(firmware), size: firmware.count),
            try SyncSite.package(authorization)
        )
        site.line.edge.state.withLock { $0.offers[authorization] = batch }
        site.portal.rows.withLock { rows in
            rows.packages[authorization] = package
            rows.firmware[Digest256.of(firmware)] = firmware
        }
    }

    @Test func aPackageAndItsFirmwareComeDownPieceByPiece() async throws {
        let seed = Seed.take("SyncDownTests.pieces")
        let random = Mutex(SeededGenerator(seed: seed))
        try await SyncSite.with { site in
            try offer(site)
            site.wire.setFate {
                .cut(after: random.withLock { Int.random(in: 20_000...600_000, using: &$0) })
            }
            for _ in 0..<80 {
                await site.rounds(1)
                if try await site.line.local().call(GetFactoryStatus.self).orders.first?.hasFirmware == true { break }
            }
            let orders = try await site.line.local().call(GetFactoryStatus.self).orders
            #expect(orders.map(\.hasFirmware) == [true], "seed \(seed)")
            #expect(site.line.edge.state.withLock { $0.loads.count } == 1, "seed \(seed): loaded once")
            #expect(site.wire.connections > 4, "seed \(seed)")
            let partial = try FileManager.default.contentsOfDirectory(
                atPath: site.line.configuration.state + "/partial"
            )
            #expect(partial.isEmpty, "seed \(seed): \(partial)")
        }
    }

    @Test(arguments: [
        FakePortal.Lie.wrongDigest, .truncated, .wrongRange, .status(500), .status(404), .status(403), .noise,
    ])
    func aPortalThatLiesBringsNothingInAndIsAskedAgain(_ lie: FakePortal.Lie) async throws {
        try await SyncSite.with { site in
            try offer(site)
            // A half on the disk, so that ranges are asked for.
            if lie == .wrongRange {
                let folder = site.line.configuration.state + "/partial"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let path = folder + "/\(Digest256.of(firmware).hex).part"
                try Data(firmware.prefix(1_000)).write(to: URL(filePath: path))
                await site.rounds(1)
                try Data(firmware.prefix(1_000)).write(to: URL(filePath: path))
                let stored = site.line.configuration.state + "/firmware/" + Digest256.of(firmware).hex
                #expect(FileManager.default.fileExists(atPath: stored), "an honest range was taken")
                return
            }
            site.portal.rows.withLock { rows in
                rows.lie = { path in path.contains("/packages/") || lie == .noise ? lie : .none }
            }
            await site.rounds(3)
            #expect(site.line.edge.state.withLock { $0.loads.isEmpty }, "\(lie)")
            site.portal.rows.withLock { $0.lie = { _ in .none } }
            _ = try? await site.synchroniser.syncNow()
            _ = try await site.synchroniser.syncNow()
            #expect(site.line.edge.state.withLock { $0.loads.count } == 1, "\(lie)")
            let orders = try await site.line.local().call(GetFactoryStatus.self).orders
            #expect(orders.map(\.hasFirmware) == [true], "\(lie)")
        }
    }

    @Test func aRangeThatIsNotTheOneAskedForIsNotTaken() async throws {
        try await SyncSite.with { site in
            try offer(site)
            let folder = site.line.configuration.state + "/partial"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = folder + "/\(Digest256.of(firmware).hex).part"
            try Data(firmware.prefix(1_000)).write(to: URL(filePath: path))
            site.portal.rows.withLock { $0.lie = { $0.contains("/firmware/") ? .wrongRange : .none } }
            await site.rounds(2)
            let stored = site.line.configuration.state + "/firmware/" + Digest256.of(firmware).hex
            #expect(!FileManager.default.fileExists(atPath: stored))
            let report = try await site.synchroniser.report()
            #expect(report.refusedFiles.contains { $0.hasSuffix(FactoryError.portalMalformed.rawValue) }, "\(report)")
        }
    }

    /// Bytes that a cut left behind and that are wrong do not stay for ever.
    @Test func aDamagedPartIsThrownAway() async throws {
        try await SyncSite.with { site in
            try offer(site)
            let folder = site.line.configuration.state + "/partial"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = folder + "/\(Digest256.of(firmware).hex).part"
            try Data(repeating: 7, count: 1_000).write(to: URL(filePath: path))
            await site.rounds(1)
            #expect(!FileManager.default.fileExists(atPath: path))
            _ = try await site.synchroniser.syncNow()
            let orders = try await site.line.local().call(GetFactoryStatus.self).orders
            #expect(orders.map(\.hasFirmware) == [true])
            #expect(try await site.synchroniser.report().refusedFiles.isEmpty)
        }
    }

    @Test func aPackageForAnotherBoxIsRefusedOnceAndKeepsNothingElseAway() async throws {
        try await SyncSite.with { site in
            let foreign = try SyncSite.package(Sample.digest(1), edgeHSM: "edge-2")
            site.portal.rows.withLock { $0.packages[Sample.digest(1)] = foreign }
            try offer(site)
            await site.rounds(4)
            let asked = site.rows.requests.count { $0.hasSuffix("/packages/\(Sample.digest(1))") }
            #expect(asked == 1, "not again and again")
            let status = try await site.line.local().call(GetFactoryStatus.self)
            #expect(status.orders.map(\.hasFirmware) == [true])
            #expect(status.portal?.refusedFiles == ["package/\(Sample.digest(1)): factory.inbox.other-edge-hsm"])
            #expect(status.alarms.contains { $0.code == "factory.alarm.portal-file" })
            #expect(status.portal?.refusal == nil, "the link itself is well")
            // Withdrawn, it is no trouble any more.
            site.portal.rows.withLock { $0.packages[Sample.digest(1)] = nil }
            await site.rounds(1)
            #expect(try await site.synchroniser.report().refusedFiles.isEmpty)
        }
    }

    @Test func aStateOfAnotherFactoryIsNotListenedTo() async throws {
        try await SyncSite.with { site in
            try offer(site)
            try site.line.edge.grow(5)
            site.portal.rows.withLock { $0.lie = { _ in .otherFactory } }
            await site.rounds(2)
            #expect(site.rows.uploads.isEmpty && site.line.edge.state.withLock { $0.loads.isEmpty })
            #expect(try await site.synchroniser.report().refusal?.has(FactoryError.portalOtherSite) == true)
        }
    }

    @Test func aDownlinkIsFetchedWhenItSaysSomethingNew() async throws {
        try await SyncSite.with { site in
            func fetched() -> Int { site.rows.requests.count { $0.hasSuffix("/downlink") } }
            let order = Envelope(payloadType: "test/order", payload: [1], signatures: [])
            site.portal.rows.withLock { $0.bundle = DownlinkBundle(orders: [order]) }
            await site.rounds(4)
            #expect(fetched() == 2, "at once, and the receipt of what went up")
            site.portal.rows.withLock { $0.downlink = Digest256.of([2]) }
            await site.rounds(3)
            #expect(fetched() == 3)
            #expect(site.line.edge.state.withLock { $0.downlinks.map(\.orders) } == [[order], [order], [order]])
            // A part that does not hold is told, and not fetched over and over.
            site.line.edge.state.withLock { $0.refusedPart = "test/order" }
            site.portal.rows.withLock { $0.downlink = Digest256.of([3]) }
            await site.rounds(4)
            #expect(fetched() == 4)
            let refused = try await site.synchroniser.report().refusedFiles
            #expect(refused.first?.hasPrefix("downlink/") == true)
        }
    }

    @Test func aNewProductIsPreparedAndCertifiedWithoutAnybodyTravelling() async throws {
        try await SyncSite.with { site in
            let lamp = ProductName(validated: "lamp-2")
            let asked = SyncState.Preparation(product: lamp, vendorID: VendorID(0xFFF1), productID: ProductID(0x8002))
            site.portal.rows.withLock { $0.asked = [asked] }
            await site.rounds(3)
            #expect(site.rows.preparations.count == 1 && site.line.edge.state.withLock { $0.prepared } == 1)
            let certificates = ProductCertificates(
                edgeHSM: EdgeHSMID(validated: "edge-1"),
                product: lamp,
                paa: Octets([1]),
                pai: Octets([2]),
                debugRoot: Octets([3]),
                debugIntermediate: Octets([4])
            )
            let bytes = try StatementCoding.encode(certificates)
            site.portal.rows.withLock { $0.certificates[lamp] = bytes }
            await site.rounds(3)
            #expect(site.line.edge.state.withLock { $0.installed } == 1)
        }
    }

    @Test func recordsGoUpWhileTheEdgeHSMIsAway() async throws {
        try await SyncSite.with { site in
            try site.line.edge.grow(12)
            await site.line.rounds(1)
            site.line.edge.state.withLock { $0.statusRefusal = Refusal(FactoryError.statusUnknown) }
            try offer(site)
            await site.rounds(2)
            #expect(site.rows.journal.count == 12)
            #expect(site.line.edge.state.withLock { $0.loads.isEmpty }, "nothing comes down without it")
        }
    }
}
