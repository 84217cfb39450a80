extension PortalSchema {
    /// What lists, counts and pages ask for is found where it stands, however many devices, batches and days there are.
    /// None is on a table that has a row for each device or entry: ingest pays for a few rows a chunk.
    static let pages = PortalMigration(
        "pages",
        [
            "CREATE INDEX batch_by_product ON batch (product, created_at, id)",
            "CREATE INDEX batch_by_workspace ON batch (organisation, product, created_at, id)",
            "CREATE INDEX batch_running ON batch (created_at, id) WHERE settled = 0",
            "CREATE INDEX batch_running_of ON batch (organisation, created_at, id) WHERE settled = 0",
            "CREATE INDEX journal_voids_by_batch ON journal_voids (batch)",
            "CREATE INDEX journal_rollups_by_batch ON journal_rollups (batch, day)",
            "CREATE INDEX journal_rollups_by_product ON journal_rollups (product, day)",
            "CREATE INDEX production_by_batch ON production (batch, slice)",
            """
            CREATE INDEX alarms_open ON alarms (number) WHERE acknowledged_at IS NULL AND cleared_at IS NULL
            """,
            """
            CREATE INDEX alarms_open_at ON alarms (factory, number, severity)
            WHERE acknowledged_at IS NULL AND cleared_at IS NULL
            """,
            "CREATE INDEX alarms_standing ON alarms (kind, number) WHERE cleared_at IS NULL",
        ]
    )
}
