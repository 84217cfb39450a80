import EdgeHSMCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Proofs of what became of a unit after it was issued, checked without the portal.
@Suite("Proofs of a unit's entries")
struct UnitProofTests {
    private struct Site {
        let whole: WholePortal
        let world: World
        let admin: String
        let other: String

        func proof(_ unit: UnitReference, _ query: String = "", token: String? = nil) async throws -> TestPortal.Reply {
            try await whole.portal.ask("GET", "/v1/units/\(unit)/proof\(query)", token: token ?? admin)
        }
    }

    /// A portal with the journal of one device whose credential was rotated and which was then re-provisioned, and of
    /// another.
    private func run(_ body: @escaping @Sendable (Site, Chip) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let world = try World()
            let admin = try await whole.administrator()
            let mine = try await whole.createODM("Shenzhen Lamps", by: admin)
            let others = try await whole.createODM("Berlin", by: admin)
            _ = try await whole.createFactory(world.site.text, of: mine, by: admin)
            let (database, now) = (whole.services.database, whole.portal.clock.now)
            try await database.write("test") { transaction in
                let table = GovernanceTable(transaction)
                try table.insertRoleKeys(1, world.roleKeys())
                try table.insertEdge(world.box, world.site, world.enrolment(), at: World.start)
            }
            var (box, batch) = try Box.working(world, units: 1...2)
            var chip = Chip(3)
            let unit = try box.make(batch, chip)
            try box.rotate(unit, &chip)
            _ = try box.reprovision(batch, chip)
            chip.newKey()
            _ = try box.make(batch, chip)
            let ingest = IngestService(
                database: database,
                registry: StoredEdges(),
                rootAuthority: world.root.point,
                now: { now }
            )
            let outcome = try await ingest.ingest(SentJournal(box).whole(), from: world.site)
            #expect(outcome.refusal == nil && outcome.quarantined == 0)
            let other = try await whole.invite([.odmEngineer], into: others, by: admin).firstToken
            try await body(Site(whole: whole, world: world, admin: admin, other: other), chip)
        }
    }

    @Test("rotation and re-provisioning are proven as the issue is, each by its own entry")
    func entries() async throws {
        try await run { site, chip in
            let list = try await site.whole.portal.ask("GET", "/v1/units?chip=\(chip.uid)", token: site.admin)
            let units = try list.message(UnitList.self).units
            let unit = try #require(units.first { $0.generation == 0 })
            let reply = try await site.whole.portal.ask("GET", "/v1/units/\(unit.id)", token: site.admin)
            let steps = try reply.message(UnitHistory.self).steps
            #expect(Set(steps.map(\.kind)).isSuperset(of: ["issued", "rotated", "reprovisioned"]))
            for step in steps {
                let proof = try await site.proof(unit.id, "?sequence=\(step.sequence)")
                try #require(proof.status == 200, "\(step.kind): \(proof.text)")
                let file = try InclusionFile(parsing: proof.body)
                #expect(file.entry == step.entry && file.index == step.sequence)
                let verdict = InclusionAudit.verdict(file, trust: .init(root: site.world.root.point))
                #expect(verdict.accepted && verdict.fields["kind"] == step.kind, "\(verdict)")
                // Another entry in its place proves nothing.
                let others = steps.filter { $0.sequence != step.sequence }
                let altered = InclusionFile(
                    checkpoint: file.checkpoint,
                    entry: try #require(others.first).entry,
                    index: file.index,
                    hashes: file.hashes,
                    enrolment: file.enrolment,
                    roleKeys: file.roleKeys
                )
                #expect(!InclusionAudit.verdict(altered, trust: .init(root: site.world.root.point)).accepted)
            }
            let issued = try await site.proof(unit.id)
            let named = try await site.proof(unit.id, "?sequence=\(unit.sequence)")
            #expect(issued.body == named.body)
        }
    }

    @Test("a device that was re-provisioned is one life: each generation leads to the other")
    func generations() async throws {
        try await run { site, chip in
            func history(_ unit: UnitView) async throws -> UnitHistory {
                try await site.whole.portal.ask("GET", "/v1/units/\(unit.id)", token: site.admin)
                    .message(UnitHistory.self)
            }
            func page(_ unit: UnitView) async throws -> String {
                try await site.whole.portal.ask(
                    "GET",
                    "/devices/\(unit.id)",
                    token: site.admin,
                    headers: ["Accept": "text/html"]
                ).text
            }
            let list = try await site.whole.portal.ask("GET", "/v1/units?chip=\(chip.uid)", token: site.admin)
            let units = try list.message(UnitList.self).units.sorted { $0.generation < $1.generation }
            try #require(units.map(\.generation) == [0, 1])
            let (first, second) = (try await history(units[0]), try await history(units[1]))
            #expect(first.next == units[1] && first.previous == nil)
            #expect(second.previous == units[0] && second.next == nil)
            let (old, new) = (try await page(units[0]), try await page(units[1]))
            #expect(old.contains(": goes on as <a href=\"/devices/\(units[1].id)\">generation 1</a>"))
            #expect(new.contains("<a href=\"/devices/\(units[0].id)\">generation 0</a> was re-provisioned"))
            #expect(old.contains("generation 1 after it") && new.contains("generation 0 before it"))
            // Of a chip with one life there is no other.
            let alone = try await site.whole.portal.ask("GET", "/v1/units?chip=\(Chip(1).uid)", token: site.admin)
            let single = try await history(#require(try alone.message(UnitList.self).units.first))
            #expect(single.previous == nil && single.next == nil)
        }
    }

    @Test("no other entry of the journal is given under a unit's name")
    func others() async throws {
        try await run { site, chip in
            let list = try await site.whole.portal.ask("GET", "/v1/units?chip=\(Chip(1).uid)", token: site.admin)
            let unit = try #require(try list.message(UnitList.self).units.first)
            let reply = try await site.whole.portal.ask("GET", "/v1/units/\(unit.id)", token: site.admin)
            let own = Set(try reply.message(UnitHistory.self).steps.map(\.sequence))
            for sequence in 0..<40 where !own.contains(sequence) {
                let refused = try await site.proof(unit.id, "?sequence=\(sequence)")
                #expect(refused.status == 404 && refused.problem?.code == "portal.unit.other-entry", "\(sequence)")
            }
            for sequence in ["-1", "x", "99999999999999999999", ""] {
                let malformed = try await site.proof(unit.id, "?sequence=\(sequence)")
                #expect(malformed.status == 400, "\(sequence): \(malformed.text)")
            }
            let first = try #require(own.first)
            let hidden = try await site.proof(unit.id, "?sequence=\(first)", token: site.other)
            #expect(hidden.status == 404 && hidden.problem?.code == "portal.object.unknown")
        }
    }
}

extension Box {
    /// A new key and DAC for a finished unit, on its old key's word.
    fileprivate mutating func rotate(_ unit: UnitRecord, _ chip: inout Chip) throws {
        let old = chip.key.keyID
        let begun = try begin(unit.authorization, chip, at: station, .rotate(finishing: nil))
        chip.newKey()
        let request = chip.request(begun.nonce)
        let command = DecideRotation(
            authorization: unit.authorization,
            unit: unit.unit,
            station: station,
            request: request,
            proof: try chip.proof(by: old, for: request),
            facts: facts(unit.authorization, chip.uid, key: chip.key)
        )
        guard case .sign(let reservation) = try settle(command) else {
            Issue.record("no rotation")
            return
        }
        let notBefore = try state.authorization(unit.authorization).content.notBefore
        let dac = Octets(try world.dac(for: chip.key, notBefore: notBefore))
        _ = try run(SignedRotation(reservation: reservation, dac: dac)).grant()
    }
}
