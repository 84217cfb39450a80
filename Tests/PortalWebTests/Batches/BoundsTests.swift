import EdgeHSMCore
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// Nothing is made or sent that the other side would only refuse.
@Suite struct BoundsTests {
    @Test("an EdgeHSM with as many open batches as it holds is granted no more until one ends")
    func openBatches() async throws {
        #expect(BatchDecision.mostOpen == EdgeHSMState.mostOpenAuthorizations)
        try await BatchPortal.run { tester in
            let made = try await tester.create(try tester.order("b1", quantity: 1)).message(Batch.self)
            let record = try #require(try await tester.allBatches().first)
            func fill(_ numbers: Range<Int>, until notAfter: Instant) async throws {
                try await tester.database.write("fill") { transaction in
                    for number in numbers {
                        try BatchTable(transaction).insert(record.another(number, until: notAfter))
                    }
                }
            }
            // What nobody loaded in time can't be loaded any more.
            try await fill(1_000..<1_010, until: OEMWorld.World.now + -1)
            try await fill(1..<BatchDecision.mostOpen, until: made.notAfter)
            let full = try await tester.create(try tester.order("b2", quantity: 1))
            #expect(full.status == 409 && full.problem?.code == "portal.batch.edgehsm-full", "\(full.text)")
            try await tester.void(made.authorization)
            // Then only the officers' figure is in the way.
            let next = try await tester.create(try tester.order("b2", quantity: 1))
            #expect(next.problem?.code == "portal.batch.allotment-exhausted", "\(next.text)")
        }
    }

    @Test("a state is cut to what a Factory Service reads, the first of each list kept; a wrong one is not sent")
    func state() throws {
        func edge(_ name: String, packages: Int) throws -> SyncState.Edge {
            SyncState.Edge(
                edgeHSM: try EdgeHSMID(name),
                storedSize: 0,
                storedRoot: .zero,
                roleKeysVersion: 1,
                downlink: .zero,
                packages: (0..<packages).map {
                    .init(authorization: Digest256.of("\($0)".utf8), digest: .zero, size: $0 + 1)
                },
                certificates: try (0..<packages).map { try ProductName("product-\($0)") }
            )
        }
        func state(_ edges: [SyncState.Edge]) throws -> SyncState {
            let factory = try FactoryID("site-1")
            return SyncState(factory: factory, time: .epoch, edges: edges, labelsStored: 0, eventsStored: 0)
        }
        let long = try state([edge("edge-1", packages: 2_000)]).fitting()
        #expect(long.edges[0].packages.map(\.size) == Array(1...SyncLimits.mostListed))
        #expect(long.edges[0].certificates.count == SyncLimits.mostListed)
        let many = try state((0..<40).map { try edge("edge-\($0)", packages: 400) }).fitting()
        let octets = try many.serialized()
        #expect(octets.count <= SyncState.largest && many.edges.allSatisfy { $0.packages.first?.size == 1 })
        #expect(try SyncState(parsing: octets) == many)
        let short = try state([edge("edge-1", packages: 3)])
        #expect(try short.fitting() == short)
        let twice = try state([edge("edge-1", packages: 1), edge("edge-1", packages: 1)])
        #expect(throws: Refusal.self) { try twice.fitting() }
    }
}

extension BatchRecord {
    /// Another batch of one unit, with serials of its own.
    fileprivate func another(_ number: Int, until notAfter: Instant) throws -> BatchRecord {
        let content = authorization
        return try BatchRecord(
            id: .random(),
            version: version,
            organisation: organisation,
            authorization: ProductionAuthorization(
                product: content.product,
                approval: content.approval,
                manifest: content.manifest,
                edgeHSM: content.edgeHSM,
                factory: content.factory,
                batch: BatchName("other-\(number)"),
                quantity: 1,
                serials: .init(prefix: "L", first: 10_000 + number, digits: 10),
                notBefore: notAfter + -86_400,
                notAfter: notAfter,
                debugUnlocks: content.debugUnlocks,
                reprovisions: content.reprovisions,
                rotations: content.rotations,
                roleKeysVersion: 1,
                issuedAt: content.issuedAt
            ),
            createdBy: createdBy,
            createdAt: createdAt
        )
    }
}
