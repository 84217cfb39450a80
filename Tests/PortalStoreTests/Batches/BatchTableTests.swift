import PortalCore
import PortalProtocol
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import PortalStore

@Suite struct BatchTableTests {
    private func add(_ batches: [BatchRecord], _ database: any PortalDatabase) async throws {
        try await database.write("test") { transaction in
            for batch in batches {
                try BatchTable(transaction).insert(batch)
                try PackageTable(transaction).ask(batch.statement, at: batch.createdAt)
            }
        }
    }

    private func granted(_ fixture: BatchFixture, _ database: any PortalDatabase) async throws -> [EdgeHSMID: Int] {
        try await database.write("test") { try BatchTable($0).granted(fixture.product) }
    }

    private func expectGranted(
        _ fixture: BatchFixture,
        _ database: any PortalDatabase,
        _ wanted: [EdgeHSMID: Int],
        _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await granted(fixture, database)
        #expect(found == wanted, sourceLocation: place)
    }

    @Test func aBatchComesBackAsItWasGranted() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let batch = try fixture.batch("one", first: 0)
            try await add([batch], database)
            let found = try await database.read { try BatchTable($0).batch(batch.id) }
            #expect(found == batch)
            let byStatement = try await database.read { try BatchTable($0).batch(statement: batch.statement) }
            #expect(byStatement == batch)
            let (own, other) = try await database.read { transaction in
                let table = BatchTable(transaction)
                return (
                    try table.isNameTaken(BatchName("one"), of: fixture.product, by: batch.organisation),
                    try table.isNameTaken(BatchName("one"), of: fixture.product, by: OrganisationID("o-other"))
                )
            }
            #expect(own && !other, "what another ODM calls its batches is nobody's business")
        }
    }

    @Test func namesAndSerialsAreGivenOnce() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let first = try fixture.batch("one", first: 0)
            try await add([first], database)
            let again = [try fixture.batch("one", first: 100), try fixture.batch("two", first: 0)]
            for batch in again {
                let code = await refusal { try await add([batch], database) }
                #expect(code == "portal.store.conflict")
            }
            try await database.read { (transaction: any SQLTransaction) throws -> Void in
                let table = BatchTable(transaction)
                #expect(try table.serialsUsed(fixture.product, by: first.organisation) == 100)
                #expect(try table.serialsUsed(fixture.product, by: OrganisationID("o-other")) == nil)
                #expect(try table.areFree(100..<200, of: fixture.product))
                for taken in [99..<101, 0..<1, 50..<60, 0..<1_000] {
                    #expect(try !table.areFree(taken, of: fixture.product), "\(taken)")
                }
            }
        }
    }

    @Test func onlyTheOwnEdgeHSMsClosedAccountGivesBack() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let batches = try (0..<4).map { try fixture.batch("b\($0)", first: $0 * 100) }
            let elsewhere = try fixture.batch("elsewhere", first: 400, at: fixture.other)
            try await add(batches + [elsewhere], database)
            try await expectGranted(fixture, database, [fixture.edge: 400, fixture.other: 100])
            // Another EdgeHSM's word, and an account that is still open.
            try await fixture.journal(
                batches[0].statement,
                log: 2,
                of: fixture.other,
                issued: 0,
                returned: 100,
                isClosed: true,
                database
            )
            try await fixture.void(batches[1].statement, log: 2, of: fixture.other, database)
            try await fixture.journal(batches[2].statement, issued: 10, returned: 0, isClosed: false, database)
            try await expectGranted(fixture, database, [fixture.edge: 400, fixture.other: 100])
            // Its own: closed, and a tombstone.
            try await fixture.journal(batches[2].statement, issued: 30, returned: 70, isClosed: true, database)
            try await fixture.void(batches[3].statement, database)
            let look = try await database.read { try BatchTable($0).standing(fixture.product) }
            #expect(look == [fixture.edge: 230, fixture.other: 100], "a look says it before anybody settles it")
            try await expectGranted(fixture, database, [fixture.edge: 230, fixture.other: 100])
            let settled = try await database.read { try BatchTable($0).batch(batches[2].id) }
            #expect(settled?.credited == 70)
            #expect(settled?.isSettled == true)
            #expect(settled?.revision == 2)
            // What is settled stays so.
            try await expectGranted(fixture, database, [fixture.edge: 230, fixture.other: 100])
        }
    }

    @Test func pagesGoBackInTimeWithoutGaps() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            // Two at each second, so that a page ends inside one.
            let batches = try (0..<9).map { try fixture.batch("b\($0)", first: $0 * 100, createdAt: Int64($0 / 2)) }
            try await add(batches, database)
            for organisation in [fixture.odm, nil] {
                var seen: [BatchID] = []
                var last: (Instant, BatchID)?
                while true {
                    let start = last
                    let page = try await database.read {
                        try BatchTable($0).page(of: organisation, before: start, limit: 2)
                    }
                    guard let end = page.last else { break }
                    seen += page.map(\.id)
                    last = (end.createdAt, end.id)
                }
                #expect(seen == batches.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }.map(\.id))
            }
            let foreign = try OrganisationID("o-2")
            let none = try await database.read { try BatchTable($0).page(of: foreign, before: nil, limit: 10) }
            #expect(none.isEmpty)
        }
    }

    @Test func aPackageIsMadeOnceAndWaitsUntilItIsLoadedOrTaken() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let batches = try (0..<4).map { try fixture.batch("b\($0)", first: $0 * 100) }
            try await add(batches, database)
            let waiting = try await database.read { try PackageTable($0).waiting() }
            #expect(waiting.count == 4)
            #expect(waiting.since == batches[0].createdAt)
            try await database.write("test") { try PackageTable($0).noteFailure(batches[3].statement, code: "x.y.z") }
            let tasks = try await database.read { try PackageTable($0).tasks(due: .noExpiry, limit: 10) }
            #expect(tasks.last?.statement == batches[3].statement)
            #expect(tasks.last?.failure == "x.y.z")
            let time = fixture.time
            try await database.write("test") { transaction in
                for batch in batches {
                    for content in [[1, 2, 3], [4, 5]] as [[UInt8]] {
                        try PackageTable(transaction).insert(
                            PackageRecord(
                                statement: batch.statement,
                                digest: Digest256.of(content),
                                size: content.count,
                                madeAt: time
                            ),
                            content: content
                        )
                    }
                }
            }
            let content = try await database.read { try PackageTable($0).content(batches[0].statement) }
            #expect(content == [1, 2, 3])
            let left = try await database.read { try PackageTable($0).waiting() }
            #expect(left.count == 0 && left.since == nil)
            try await fixture.journal(batches[0].statement, issued: 0, returned: 0, isClosed: false, database)
            try await database.write("test") { transaction in
                let withdrawal = WithdrawalRecord(
                    statement: batches[1].statement,
                    kind: .revoke,
                    reason: "lost",
                    askedBy: fixture.person,
                    askedAt: time
                )
                let isNew = try WithdrawalTable(transaction).insert(withdrawal, edge: fixture.edge)
                let isAgain = try WithdrawalTable(transaction).insert(withdrawal, edge: fixture.edge)
                #expect(isNew && !isAgain)
            }
            let offered = try await database.read { try PackageTable($0).waiting(for: fixture.edge) }
            #expect(Set(offered.map(\.statement)) == Set(batches[2...].map(\.statement)))
            let atOther = try await database.read { try PackageTable($0).waiting(for: fixture.other) }
            #expect(atOther.isEmpty)
        }
    }

    @Test func withdrawalsKnowWhatTheJournalSays() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let batches = try (0..<3).map { try fixture.batch("b\($0)", first: $0 * 100) }
            try await add(batches, database)
            try await database.write("test") { transaction in
                for (batch, kind) in zip(batches, [WithdrawalRecord.Kind.revoke, .close, .close]) {
                    _ = try WithdrawalTable(transaction).insert(
                        WithdrawalRecord(
                            statement: batch.statement,
                            kind: kind,
                            reason: "r",
                            askedBy: fixture.person,
                            askedAt: fixture.time
                        ),
                        edge: fixture.edge
                    )
                }
            }
            try await fixture.void(batches[0].statement, database)
            try await fixture.journal(batches[1].statement, issued: 1, returned: 99, isClosed: true, database)
            try await fixture.journal(batches[2].statement, issued: 1, returned: 0, isClosed: false, database)
            let plan = try await database.read { try WithdrawalTable($0).plan(for: fixture.edge) }
            #expect(plan.map(\.isJournaled) == [true, true, false])
            #expect(plan.map(\.isRevocation) == [true, false, false])
            let records = try await database.read { try WithdrawalTable($0).withdrawals(of: batches[0].statement) }
            #expect(records.map(\.kind) == [.revoke])
        }
    }

    @Test func anEdgeHSMAnswersAPreparationOnce() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            try await database.write("test") { try Self.checkPreparation(fixture, $0) }
        }
    }

    private static func checkPreparation(_ fixture: BatchFixture, _ transaction: any SQLTransaction) throws {
        let (product, edge, person, time) = (fixture.product, fixture.edge, fixture.person, fixture.time)
        let first = Envelope(payloadType: "a", payload: [1], signatures: [])
        let second = Envelope(payloadType: "a", payload: [2], signatures: [])
        let table = PreparationTable(transaction)
        #expect(try !table.receive(first, of: product, from: edge, at: time))
        #expect(try table.ask(product, of: edge, by: person, at: time))
        #expect(try !table.ask(product, of: edge, by: person, at: time))
        #expect(try table.preparations(of: edge).map(\.envelope) == [nil])
        #expect(try table.receive(first, of: product, from: edge, at: time))
        #expect(try !table.receive(second, of: product, from: edge, at: time))
        #expect(try table.preparation(product, of: edge)?.envelope == first)
    }

    @Test func otherCertificatesMustBeInstalledAnew() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            try await database.write("test") { try Self.checkCertificates(fixture, $0) }
        }
    }

    private static func checkCertificates(_ fixture: BatchFixture, _ transaction: any SQLTransaction) throws {
        let (product, edge, person, time) = (fixture.product, fixture.edge, fixture.person, fixture.time)
        let table = PreparationTable(transaction)
        func certificates(_ number: UInt8) -> ProductCertificates {
            let octets = Octets([number])
            return ProductCertificates(
                edgeHSM: edge,
                product: product,
                paa: octets,
                pai: octets,
                debugRoot: octets,
                debugIntermediate: octets
            )
        }
        func state() throws -> (revision: Int, installedAt: Instant?) {
            let record = try #require(try table.certificates(of: product, on: edge))
            return (record.revision, record.installedAt)
        }
        try table.set(certificates(1), for: edge, by: person, at: time)
        try table.noteInstalled(.init(certificates(2)), of: product, on: edge, at: time)
        #expect(try state() == (1, nil))
        try table.noteInstalled(.init(certificates(1)), of: product, on: edge, at: time)
        try table.set(certificates(1), for: edge, by: person, at: time + 1)
        #expect(try state() == (1, time))
        try table.set(certificates(2), for: edge, by: person, at: time)
        #expect(try state() == (2, nil))
        // What the journal told before they were brought counts too.
        try table.noteInstalled(.init(certificates(3)), of: product, on: edge, at: time)
        try table.set(certificates(3), for: edge, by: person, at: time + 2)
        #expect(try state() == (3, time))
    }
}
