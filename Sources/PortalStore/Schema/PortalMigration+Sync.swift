extension PortalMigration {
    /// What Factory Services say beside the journal: label records, sealed, and events, unproven. A source is one
    /// Factory Service's storage; its records have numbers without gaps. It is the factory's that tells it: nobody else
    /// can take its id away.
    static let sync = PortalMigration(
        "sync",
        [
            """
            CREATE TABLE record_source (
                source BLOB NOT NULL,
                factory TEXT NOT NULL,
                service TEXT NOT NULL,
                labels BIGINT NOT NULL,
                labels_head BLOB NOT NULL,
                events BIGINT NOT NULL,
                events_head BLOB NOT NULL,
                first_at BIGINT NOT NULL,
                last_at BIGINT NOT NULL,
                PRIMARY KEY (factory, source)
            )
            """,
            "CREATE INDEX record_source_factory ON record_source (factory, first_at)",
            """
            CREATE TABLE label_record (
                unit BLOB NOT NULL,
                source BLOB NOT NULL,
                number BIGINT NOT NULL,
                factory TEXT NOT NULL,
                batch BLOB NOT NULL,
                serial TEXT,
                record BLOB NOT NULL,
                received_at BIGINT NOT NULL,
                PRIMARY KEY (unit, factory)
            )
            """,
            """
            CREATE TABLE site_event (
                source BLOB NOT NULL,
                number BIGINT NOT NULL,
                factory TEXT NOT NULL,
                line TEXT NOT NULL,
                received_at BIGINT NOT NULL,
                PRIMARY KEY (factory, source, number)
            )
            """,
            "CREATE INDEX site_event_time ON site_event (factory, received_at, source, number)",
        ]
    )
}
