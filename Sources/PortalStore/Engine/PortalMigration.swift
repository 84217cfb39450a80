/// One step of the schema: statements that run once, together. Steps are numbered by their place in
/// `PortalSchema.migrations` and never change once they are released.
public struct PortalMigration: Sendable {
    /// Tables of one area, for messages and tests.
    public let name: String
    public let statements: [SQLText]

    public init(_ name: String, _ statements: [SQLText]) {
        self.name = name
        self.statements = statements
    }
}
