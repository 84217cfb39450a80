import Foundation
import OEMWorld
import Statements
import Vocabulary

/// A Certification Declaration under the published test key, as files of a portal hold it.
enum TestDeclaration {
    /// Puts one among the files under `folder`; its digest.
    static func place(in folder: String) async throws -> Digest256 {
        let bytes = try await ProductionWorld.declaration(productIDs: [0x8001])
        let digest = Digest256.of(bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(digest.hex)"))
        return digest
    }
}
