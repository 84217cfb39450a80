import FactoryBox
import Foundation
import Testing

extension SystemTests {
    /// Everything that must be refused, on real sockets, by a fresh EdgeHSM of a fresh OEM: each attack by its own code,
    /// and each request accepted once its one fault is mended.
    @Test func everyAttackIsRefusedByItsCode() async throws {
        try await withTemporaryFolder { folder in
            let attacks = try await AttackRun(directory: folder).play()
            #expect(attacks.count >= 20)
            #expect(Set(attacks.map(\.name)).count == attacks.count)
            #expect(Set(attacks.map(\.code)).count >= 15, "one code for everything would say nothing")
        }
    }
}
