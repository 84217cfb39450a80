extension PortalSchema {
    /// Label records counted as they come, so that a quota asks for no long count.
    static let quotas = PortalMigration(
        "quotas",
        [
            "CREATE TABLE record_tally (factory TEXT NOT NULL PRIMARY KEY, labels BIGINT NOT NULL)",
            "INSERT INTO record_tally (factory, labels) SELECT factory, count(*) FROM label_record GROUP BY factory",
            "CREATE INDEX batch_by_factory ON batch (factory, quantity)",
        ]
    )
}
