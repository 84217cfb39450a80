extension PortalSchema {
    /// Devices that stand as passed, beside the events: a device that passes again after rework is one. What was counted
    /// before is known by its events alone.
    static let passed = PortalMigration(
        "passed",
        [
            "ALTER TABLE journal_rollups ADD COLUMN passed BIGINT NOT NULL DEFAULT 0",
            "UPDATE journal_rollups SET passed = completed",
            "ALTER TABLE production ADD COLUMN passed BIGINT NOT NULL DEFAULT 0",
            "UPDATE production SET passed = completed",
        ]
    )
}
