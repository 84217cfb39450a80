extension PortalSchema {
    /// What devices and acts are looked for by. In each of these indexes the answer of a page stands in one stretch, so
    /// that it costs the same however many there are.
    static let search = PortalMigration(
        "search",
        [
            "CREATE INDEX journal_units_by_stage ON journal_units (log, stage, issued_at, sequence)",
            "CREATE INDEX journal_units_by_batch ON journal_units (batch, log, stage, issued_at, sequence)",
            """
            CREATE TABLE portal_log_fact (
                position BIGINT NOT NULL PRIMARY KEY,
                actor TEXT NOT NULL,
                action TEXT NOT NULL,
                object TEXT NOT NULL,
                outcome TEXT NOT NULL,
                at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX portal_log_fact_actor ON portal_log_fact (actor, position)",
            "CREATE INDEX portal_log_fact_action ON portal_log_fact (action, position)",
            "CREATE INDEX portal_log_fact_object ON portal_log_fact (object, position)",
            "CREATE INDEX portal_log_fact_time ON portal_log_fact (at, position)",
            """
            CREATE TABLE label_reveal (
                number BIGINT NOT NULL PRIMARY KEY,
                person TEXT NOT NULL,
                organisation TEXT NOT NULL,
                at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX label_reveal_person ON label_reveal (person, at)",
            "CREATE INDEX label_reveal_organisation ON label_reveal (organisation, at)",
            "CREATE INDEX label_reveal_age ON label_reveal (at)",
        ]
    )
}
