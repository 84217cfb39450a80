import PortalStore
import Vocabulary

extension VersionDesk {
    /// One change with its entry in the portal's log; a creation that is repeated gets its first answer again.
    func act<Message: Codable & Sendable>(
        _ context: some PortalContext,
        object: String,
        detail: String? = nil,
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Answer<Message>
    ) async throws -> Answer<Message> {
        try await portal.acts.perform(context) { Act(try body($0), object: object, detail: detail) }
    }
}
