import FactoryBox
import Foundation
import Testing

extension SystemTests {
    /// Everything that must be refused, on real sockets, by a fresh EdgeHSM and a fresh portal of a fresh OEM: each attack
    /// by its own code, and each request accepted once its one fault is mended.
    @Test func everyAttackIsRefusedByItsCode() async throws {
        try await withTemporaryFolder { folder in
            let attacks = try await AttackRun(directory: folder).play()
            #expect(Set(attacks.map(\.name)) == Set(Attack.allCases.map(\.name)))
            #expect(Set(attacks.map(\.code)).count >= 40, "one code for everything would say nothing")
        }
    }
}
