extension PortalSchema {
    /// What keeps the portal's log from being flooded, and its tables from growing for ever.
    static let watch = PortalMigration(
        "watch",
        [
            """
            CREATE TABLE hand_over (
                taker TEXT NOT NULL,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                digest BLOB NOT NULL,
                at BIGINT NOT NULL,
                PRIMARY KEY (taker, action, subject)
            )
            """,
            "ALTER TABLE package_task ADD COLUMN next_at BIGINT",
            "ALTER TABLE package_task ADD COLUMN given_up_at BIGINT",
            "ALTER TABLE journal_logs ADD COLUMN halted_at BIGINT",
            "ALTER TABLE journal_logs ADD COLUMN clock_reset_at BIGINT",
            "CREATE INDEX site_event_age ON site_event (factory, received_at)",
        ]
    )
}
