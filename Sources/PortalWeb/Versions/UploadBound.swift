import PortalCore
import PortalProtocol
import Synchronization
import Vocabulary

/// Uploads that are under way. What is stored and what is coming stays together within an organisation's quota, however
/// many come at once and whether or not they say how much they bring.
final class UploadBound: Sendable {
    private struct Coming {
        var files = 0
        var octets = 0
    }

    private let coming = Mutex<[OrganisationID: Coming]>([:])

    /// Runs `work` while `most` octets of `owner` are counted as coming.
    ///
    /// - Parameter kept: what is stored. Asked after this upload is counted, so that one which ends meanwhile stands in one
    ///   of the two sums or in both, and never in none.
    ///
    /// Throws `portal.file.quota`, and what the two closures throw.
    func during<Value>(
        _ most: Int,
        of owner: OrganisationID,
        kept: () async throws -> (files: Int, octets: Int),
        _ work: () async throws -> Value
    ) async throws -> Value {
        let others = coming.withLock { coming in
            let others = coming[owner] ?? Coming()
            coming[owner] = Coming(files: others.files + 1, octets: others.octets + most)
            return others
        }
        defer {
            coming.withLock { coming in
                guard var left = coming[owner] else { return }
                left.files -= 1
                left.octets -= most
                coming[owner] = left.files > 0 ? left : nil
            }
        }
        let kept = try await kept()
        try FileQuota.admit(kept: (kept.files + others.files, kept.octets + others.octets), size: most)
        return try await work()
    }
}
