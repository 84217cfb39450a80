public import Statements
import Vocabulary

/// All versions of an OEM's RoleKeys, in order.
public enum RoleKeysHistory {
    /// Verifies versions 1, 2, 3 …: the first by its own root, each other by the one before.
    public static func verify(_ envelopes: [Envelope]) throws -> [Verified<RoleKeys>] {
        var history: [Verified<RoleKeys>] = []
        for envelope in envelopes {
            if let last = history.last {
                history.append(try last.content.successor(envelope, ownID: last.id))
            } else {
                let claimed = try RoleKeys.read(payload: envelope.payload)
                history.append(try Verified<RoleKeys>(envelope, signedBy: claimed.root))
            }
        }
        return history
    }
}
