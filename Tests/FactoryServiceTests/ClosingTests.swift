import FactoryCore
import LineProtocol
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// Which batch a closing certificate is of.
@Suite(.serialized) struct ClosingTests {
    private func loaded(_ name: String, quantity: Int) throws -> (body: AuthorizationLoaded, id: Digest256) {
        let (time, none) = (Instant(seconds: 1_000), ProductionAuthorization.Allowance(count: 0, notAfter: .epoch))
        let envelope = try ProductionAuthorization(
            product: ProductName(validated: "lamp"),
            approval: .zero,
            manifest: .zero,
            edgeHSM: EdgeHSMID(validated: "edge-1"),
            factory: FactoryID(validated: "site-1"),
            batch: BatchName(validated: name),
            quantity: quantity,
            serials: .init(prefix: "A", first: 0, digits: 6),
            notBefore: time,
            notAfter: time + 86_400,
            debugUnlocks: none,
            reprovisions: none,
            rotations: none,
            roleKeysVersion: 1,
            issuedAt: time
        ).unsigned()
        let body = AuthorizationLoaded(
            authorization: envelope,
            approval: envelope,
            manifest: Octets([1]),
            package: .zero,
            officers: [],
            authorizer: .zero
        )
        return (body, envelope.statementID)
    }

    private func closed(_ id: Digest256, _ issued: Int) -> Closed {
        Closed(authorization: id, granted: 10, issued: issued, burned: 0, returned: 10 - issued)
    }

    @Test func ofTwoBatchesWithOneNameNoneIsTakenUnlessItsAuthorizationIsNamed() async throws {
        let line = try await FactoryLine()
        let (first, second) = (try loaded("spring", quantity: 10), try loaded("spring", quantity: 11))
        let other = try loaded("summer", quantity: 12)
        try line.edge.append(
            first.body,
            closed(first.id, 3),
            second.body,
            other.body,
            closed(second.id, 4),
            closed(other.id, 5)
        )
        await line.daemon.round()
        let caller = try line.local()
        func ask(_ batch: String) async throws -> ExportProof.Reply {
            let path = line.folder + "/closing.json"
            return try await caller.call(ExportProof.self, .init(subject: .closing(batch: batch), path: path))
        }
        let refusal = await #expect(throws: Refusal.self) { try await ask("spring") }
        #expect(refusal?.has(FactoryError.proofAmbiguous) == true)
        #expect(refusal?.detail.contains(first.id.hex) == true && refusal?.detail.contains(second.id.hex) == true)
        #expect(try await ask(first.id.hex).index == 1)
        #expect(try await ask(second.id.hex).index == 4)
        #expect(try await ask("summer").id == other.id)
        await #expect(throws: Refusal.self) { try await ask("autumn") }
        await line.close()
    }
}
