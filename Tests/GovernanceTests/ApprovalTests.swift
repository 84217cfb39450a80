import Ceremony
import Foundation
import Governance
import KeyCustody
import OEMWorld
import Statements
import Testing
import Vocabulary

/// What an officer's machine signs, and what it refuses.
@Suite(.serialized) struct ApprovalTests {
    private func approval(
        _ sequence: Int,
        after previous: Envelope?,
        allotted: [String: Int] = ["edge-1": 100],
        lifetime: Int = 1_000
    ) throws -> Envelope {
        try VersionApproval(
            product: ProductName("lamp"),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            version: "1.0.\(sequence)",
            manifest: .zero,
            lifetimeTotal: lifetime,
            allotments: allotted.sorted { $0.key < $1.key }.map {
                VersionApproval.Allotment(edgeHSM: try EdgeHSMID($0.key), units: $0.value)
            },
            sequence: sequence,
            previous: previous?.statementID,
            allowances: VersionApproval.Allowances(debugUnlocks: 1, reprovisions: 1, rotations: 0),
            rules: VersionApproval.Rules(chipIdentity: .none),
            issuedAt: Instant("2026-11-22T00:00:00Z"),
            expiresAt: Instant("2027-11-22T00:00:00Z")
        ).unsigned()
    }

    private func order(_ order: OfficerOrder.Order) throws -> Envelope {
        try OfficerOrder(
            order: order,
            reason: "moved",
            issuedAt: Instant("2026-11-22T00:00:00Z"),
            expiresAt: Instant("2027-11-22T00:00:00Z")
        ).unsigned()
    }

    @Test func countsDifferentOfficersOnly() async throws {
        let world = try await World()
        try await world.run(world.file())
        let roleKeys = try world.roleKeys().content
        let one = try await world.approve(approval(1, after: nil), 0)
        #expect(await refusal { _ = try await world.approve(one, 0) } == "officer.signature.present")
        #expect(
            await refusal { _ = try Verified<VersionApproval>(one, signedByOfficersOf: roleKeys) }
                == "statement.officers.too-few"
        )
        // The same officer twice, by hand: still one officer.
        let twice = one.adding(one.signatures[0])
        #expect(
            await refusal { _ = try Verified<VersionApproval>(twice, signedByOfficersOf: roleKeys) }
                == "statement.officers.too-few"
        )
        let two = try await world.approve(one, 1)
        #expect(try Verified<VersionApproval>(two, signedByOfficersOf: roleKeys).signers.count == 2)
    }

    @Test func signsNothingUnconfirmedForeignOrUnsuitable() async throws {
        let world = try await World()
        try await world.run(world.file(["roleKeys": world.roles(version: 1, officers: 2)]))
        let envelope = try approval(1, after: nil)
        let roleKeys = try world.roleKeys()
        let memory = OfficerMemory(world.folder + "/memory")
        let pending = try OfficerApproval(envelope, roleKeys: roleKeys, earlier: [], memory: memory)
        func sign(_ index: Int, _ typed: String) async -> String? {
            await refusal {
                _ = try await world.access.withToken(world.officers[index].token) {
                    try await pending.sign(with: $0, confirmedBy: typed)
                }
            }
        }
        #expect(await sign(0, "") == "officer.confirmation.wrong")
        #expect(await sign(0, "00000000") == "officer.confirmation.wrong")
        #expect(await sign(2, pending.confirmation) == "officer.key.not-listed", "an officer of later RoleKeys")
        #expect(!FileManager.default.fileExists(atPath: world.folder + "/memory/approvals/lamp.json"))
        let status = try PortalStatus(
            edgeHSM: EdgeHSMID("edge-1"),
            time: World.now,
            nonce: Nonce([UInt8](repeating: 1, count: 32)),
            revokedAuthorizations: [],
            closeAuthorizations: [],
            roleKeysVersion: 1,
            storedSize: 0,
            storedRoot: .zero
        ).unsigned()
        #expect(
            await refusal { _ = try OfficerApproval(status, roleKeys: roleKeys, earlier: [], memory: memory) }
                == "officer.statement.unsuitable"
        )
        let broken = Envelope(payloadType: VersionApproval.payloadType, payload: Array("{}".utf8), signatures: [])
        #expect(
            await refusal { _ = try OfficerApproval(broken, roleKeys: roleKeys, earlier: [], memory: memory) }
                == "statement.field.missing"
        )
    }

    @Test func remembersAndRefusesAFork() async throws {
        let world = try await World()
        try await world.run(world.file())
        let first = try approval(1, after: nil)
        _ = try await world.approve(first, 0)
        func code(_ envelope: Envelope, earlier: [Envelope] = []) async -> String? {
            await refusal { _ = try await world.approve(envelope, 0, earlier: earlier) }
        }
        let other = try approval(1, after: nil, lifetime: 2_000)
        #expect(await code(other) == "officer.approval.fork", "another first approval")
        let second = try approval(2, after: first)
        let forked = try approval(2, after: other)
        #expect(await code(forked) == "officer.approval.chain-missing")
        #expect(await code(forked, earlier: [other]) == "officer.approval.fork", "a chain that misses what was signed")
        let third = try approval(3, after: second)
        #expect(await code(third) == "officer.approval.chain-missing")
        #expect(await code(third, earlier: [first, second]) == nil)
        #expect(await code(second) == "officer.approval.fork", "back to an earlier sequence")
        #expect(await code(third) == nil, "the same once more, on a fresh copy of the file")
        // An officer without memory needs the whole chain.
        #expect(await refusal { _ = try await world.approve(third, 1) } == "officer.approval.chain-missing")
        #expect(await refusal { _ = try await world.approve(third, 1, earlier: [second, first]) } == nil)
    }

    @Test func refusesOlderRoleKeysAndAForeignRoot() async throws {
        let world = try await World()
        try await world.run(world.file(["roleKeys": world.roles(version: 1, officers: 2)]))
        let old = try world.roleKeys()
        try await world.run(world.file(["roleKeys": world.roles(version: 2)]))
        let memory = OfficerMemory("\(world.folder)/memory-0")
        _ = try await world.approve(approval(1, after: nil), 0)
        let second = try approval(1, after: nil)
        #expect(
            await refusal { _ = try OfficerApproval(second, roleKeys: old, earlier: [], memory: memory) }
                == "officer.role-keys.older"
        )
        let stranger = try await World()
        for version in 1...3 {
            try await stranger.run(
                stranger.file(["roleKeys": stranger.roles(version: version, officers: version == 2 ? 2 : 3)])
            )
        }
        let foreign = try stranger.roleKeys()
        #expect(foreign.content.version == 3)
        #expect(
            await refusal { _ = try OfficerApproval(second, roleKeys: foreign, earlier: [], memory: memory) }
                == "officer.role-keys.root-unknown"
        )
    }

    @Test func showsEveryFieldAndNoControlCharacters() throws {
        let envelope = try approval(1, after: nil)
        let text = try StatementRendering(envelope).text()
        for part in [
            "lamp", "1.0.1", "FFF1", "8000", "edge-1: 100 units", "1000 units", "at most 1 a batch",
            envelope.statementID.hex, Digest256.of(envelope.signedBytes).hex, VersionApproval.payloadType,
        ] { #expect(text.contains(part), "\(part)") }
        let boxed = text.split(separator: "\n").filter { $0.hasPrefix("| ") }
            .map { $0.dropFirst(2).dropLast(2) }.joined()
        #expect(boxed.trimmingCharacters(in: .whitespaces) == String(decoding: envelope.payload, as: UTF8.self))
        let sly = try OfficerOrder(
            order: .revoke(.edgeHSM(EdgeHSMID("edge-1"))),
            reason: "harmless\u{202E}\u{1B}[2J",
            issuedAt: World.now,
            expiresAt: World.now + 60
        ).unsigned()
        let shown = try StatementRendering(sly).text()
        #expect(shown.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A })
        #expect(shown.contains("harmless\\xe2\\x80\\xae\\x1b[2J"))
    }
}
