/// The tables of the portal, each area in a file of its own.
public enum PortalSchema {
    /// In the order in which they run; a table's references stand before it.
    public static let migrations: [PortalMigration] = [
        identity, sites, versions, preparations, .journal, .sync, batches, accounts, .production, watch, search, pages,
        quotas, passed,
    ]
}
