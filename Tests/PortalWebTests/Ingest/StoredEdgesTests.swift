import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// The registry remembers enrolments, and never one that is stored otherwise by now.
@Suite struct StoredEdgesTests {
    @Test("an enrolment, factory or row that was changed is read anew")
    func changed() async throws {
        let world = try World()
        let bench = try IngestBench(world)
        let (box, site, database) = (world.box, world.site, bench.database)
        let registry = StoredEdges()
        func edge() async throws -> EnrolledEdge? { try await database.read { try registry.edge(box, in: $0) } }
        let (first, second) = (try world.enrolment(), try world.other(box, at: site).enrolment())
        try await database.write("test") { transaction in
            let odm = OrganisationRecord(id: .random(), name: "Makers", kind: .odm, createdAt: World.start)
            try PeopleTable(transaction).insert(odm)
            for id in [site, FactoryID(validated: "site-2")] {
                _ = try FactoryTable(transaction).insert(
                    FactoryRecord(
                        id: id,
                        organisation: odm.id,
                        name: id.text,
                        country: "CN",
                        timeZone: "UTC",
                        createdAt: World.start
                    )
                )
            }
            try GovernanceTable(transaction).insertEdge(box, site, first, at: World.start)
        }
        for _ in 0..<2 {
            let found = try #require(try await edge())
            #expect(found.enrolment == first && found.identity == world.identity.point && found.factory == site)
        }
        #expect(first.payload != second.payload)
        let octets = try second.serialized()
        try await database.write("test") {
            _ = try $0.execute("UPDATE edge SET envelope = ? WHERE id = ?", [.blob(octets), .name(box)])
        }
        let other = try #require(try await edge())
        #expect(other.enrolment == second && other.identity != world.identity.point)
        try await database.write("test") {
            _ = try $0.execute("UPDATE edge SET factory = 'site-2' WHERE id = ?", [.name(box)])
        }
        #expect(try await edge()?.factory == FactoryID(validated: "site-2"))
        try await database.write("test") { _ = try $0.execute("DELETE FROM edge WHERE id = ?", [.name(box)]) }
        #expect(try await edge() == nil)
    }
}
