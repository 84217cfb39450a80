extension PortalMigration {
    /// What came from the EdgeHSMs. A log is one journal, or a branch of one after a lost tail; rows of a million units
    /// have no more indexes than the look-ups by serial, chip, key and DAC serial need.
    static let journal = PortalMigration(
        "journal",
        [
            """
            CREATE TABLE journal_logs (
                log BIGINT NOT NULL PRIMARY KEY,
                edge TEXT NOT NULL,
                factory TEXT NOT NULL,
                stage TEXT NOT NULL,
                parent BIGINT,
                base BIGINT NOT NULL,
                size BIGINT NOT NULL,
                root BLOB NOT NULL,
                epoch BIGINT NOT NULL,
                checkpoint BLOB,
                checkpoint_time BIGINT,
                heard_at BIGINT NOT NULL,
                halted TEXT,
                silent BIGINT NOT NULL,
                quarantined BIGINT NOT NULL
            )
            """,
            "CREATE INDEX journal_logs_by_edge ON journal_logs (edge)",
            "CREATE TABLE journal_states (log BIGINT NOT NULL PRIMARY KEY, judge BLOB NOT NULL)",
            """
            CREATE TABLE journal_entries (
                log BIGINT NOT NULL,
                sequence BIGINT NOT NULL,
                leaf BLOB NOT NULL,
                entry BLOB NOT NULL,
                PRIMARY KEY (log, sequence)
            )
            """,
            """
            CREATE TABLE journal_hashes (
                log BIGINT NOT NULL,
                height BIGINT NOT NULL,
                number BIGINT NOT NULL,
                hash BLOB NOT NULL,
                PRIMARY KEY (log, height, number)
            )
            """,
            """
            CREATE TABLE journal_checkpoints (
                log BIGINT NOT NULL,
                day BIGINT NOT NULL,
                size BIGINT NOT NULL,
                envelope BLOB NOT NULL,
                PRIMARY KEY (log, day)
            )
            """,
            """
            CREATE TABLE journal_units (
                log BIGINT NOT NULL,
                unit BLOB NOT NULL,
                batch BLOB NOT NULL,
                product TEXT NOT NULL,
                chip BLOB NOT NULL,
                generation BIGINT NOT NULL,
                number BIGINT NOT NULL,
                serial TEXT NOT NULL,
                reissue BIGINT NOT NULL,
                sequence BIGINT NOT NULL,
                stage TEXT NOT NULL,
                flags BIGINT NOT NULL,
                factory_data BLOB,
                slots TEXT NOT NULL,
                station TEXT NOT NULL,
                issued_at BIGINT NOT NULL,
                changed_at BIGINT NOT NULL,
                steps BLOB NOT NULL,
                device_key BLOB,
                PRIMARY KEY (log, unit)
            )
            """,
            "CREATE INDEX journal_units_by_chip ON journal_units (chip, log, sequence)",
            "CREATE INDEX journal_units_by_serial ON journal_units (serial, product, log, sequence)",
            """
            CREATE TABLE journal_credentials (
                log BIGINT NOT NULL,
                sequence BIGINT NOT NULL,
                unit BLOB NOT NULL,
                device_key BLOB NOT NULL,
                dac_serial TEXT,
                PRIMARY KEY (log, sequence)
            )
            """,
            "CREATE INDEX journal_credentials_by_key ON journal_credentials (device_key, log, sequence)",
            "CREATE INDEX journal_credentials_by_dac ON journal_credentials (dac_serial)",
            """
            CREATE TABLE journal_batches (
                log BIGINT NOT NULL,
                batch BLOB NOT NULL,
                product TEXT NOT NULL,
                name TEXT NOT NULL,
                granted BIGINT NOT NULL,
                issued BIGINT NOT NULL,
                burned BIGINT NOT NULL,
                returned BIGINT NOT NULL,
                closed BIGINT NOT NULL,
                unlocks BIGINT NOT NULL,
                reprovisions BIGINT NOT NULL,
                rotations BIGINT NOT NULL,
                terms BLOB NOT NULL,
                PRIMARY KEY (log, batch)
            )
            """,
            "CREATE INDEX journal_batches_by_id ON journal_batches (batch)",
            "CREATE INDEX journal_batches_by_product ON journal_batches (product, batch)",
            """
            CREATE TABLE journal_voids (
                log BIGINT NOT NULL,
                batch BLOB NOT NULL,
                sequence BIGINT NOT NULL,
                PRIMARY KEY (log, batch)
            )
            """,
        ] + journalSummaries
    )

    private static let journalSummaries: [SQLText] = [
        """
        CREATE TABLE journal_rollups (
            day BIGINT NOT NULL,
            log BIGINT NOT NULL,
            batch BLOB NOT NULL,
            edge TEXT NOT NULL,
            factory TEXT NOT NULL,
            product TEXT NOT NULL,
            name TEXT NOT NULL,
            issued BIGINT NOT NULL,
            completed BIGINT NOT NULL,
            failed BIGINT NOT NULL,
            burned BIGINT NOT NULL,
            unlocked BIGINT NOT NULL,
            reprovisioned BIGINT NOT NULL,
            reissued BIGINT NOT NULL,
            rotated BIGINT NOT NULL,
            returned BIGINT NOT NULL,
            quarantined BIGINT NOT NULL,
            PRIMARY KEY (day, log, batch)
        )
        """,
        """
        CREATE TABLE quarantine (
            number BIGINT NOT NULL PRIMARY KEY,
            log BIGINT NOT NULL,
            edge TEXT NOT NULL,
            factory TEXT NOT NULL,
            sequence BIGINT,
            entry_kind TEXT NOT NULL,
            code TEXT NOT NULL,
            detail TEXT NOT NULL,
            findings BIGINT NOT NULL,
            noted_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX quarantine_by_factory ON quarantine (factory, number)",
        """
        CREATE TABLE alarms (
            number BIGINT NOT NULL PRIMARY KEY,
            alarm_key TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            severity TEXT NOT NULL,
            edge TEXT NOT NULL,
            factory TEXT NOT NULL,
            other TEXT,
            sequence BIGINT,
            detail TEXT NOT NULL,
            times BIGINT NOT NULL,
            first_at BIGINT NOT NULL,
            last_at BIGINT NOT NULL,
            cleared_at BIGINT,
            acknowledged_at BIGINT,
            acknowledged_by TEXT
        )
        """,
        "CREATE INDEX alarms_by_factory ON alarms (factory, number)",
        """
        CREATE TABLE journal_evidence (
            number BIGINT NOT NULL PRIMARY KEY,
            edge TEXT NOT NULL,
            log BIGINT NOT NULL,
            kind TEXT NOT NULL,
            noted_at BIGINT NOT NULL,
            held_size BIGINT NOT NULL,
            held_checkpoint BLOB,
            brought_checkpoint BLOB NOT NULL,
            brought_first BIGINT NOT NULL,
            brought_entries BLOB NOT NULL,
            brought_consistency BLOB NOT NULL
        )
        """,
        "CREATE INDEX journal_evidence_by_edge ON journal_evidence (edge, number)",
    ]
}
