import FactoryBox
import Foundation
import Testing

/// Whole factories of real processes, one at a time: each takes all of the machine.
@Suite(.serialized) struct SystemTests {
    func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("obis-system-\(UUID().uuidString.prefix(8))").path
        try await body(folder)
        // Kept where something threw: its logs say why.
        try World.remove(at: folder)
    }
}
