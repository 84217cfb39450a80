extension PortalSchema {
    /// What EdgeHSMs are asked to prepare, and the OEM's certificates for it.
    static let preparations = PortalMigration(
        "preparations",
        [
            """
            CREATE TABLE preparation (
                edge TEXT NOT NULL REFERENCES edge (id),
                product TEXT NOT NULL REFERENCES product (name),
                asked_by TEXT NOT NULL REFERENCES person (id),
                asked_at BIGINT NOT NULL,
                envelope BLOB,
                received_at BIGINT,
                PRIMARY KEY (edge, product)
            )
            """,
            """
            CREATE TABLE product_certificate (
                edge TEXT NOT NULL REFERENCES edge (id),
                product TEXT NOT NULL REFERENCES product (name),
                content BLOB NOT NULL,
                uploaded_by TEXT NOT NULL REFERENCES person (id),
                uploaded_at BIGINT NOT NULL,
                revision BIGINT NOT NULL,
                installed_at BIGINT,
                PRIMARY KEY (edge, product)
            )
            """,
            """
            CREATE TABLE installed_certificate (
                edge TEXT NOT NULL,
                product TEXT NOT NULL,
                digest BLOB NOT NULL,
                installed_at BIGINT NOT NULL,
                PRIMARY KEY (edge, product)
            )
            """,
        ]
    )

    /// Batches as they were granted, their packages, and what was taken back.
    static let batches = PortalMigration(
        "batches",
        [
            """
            CREATE TABLE batch (
                id TEXT NOT NULL PRIMARY KEY,
                statement BLOB NOT NULL UNIQUE,
                product TEXT NOT NULL REFERENCES product (name),
                version TEXT NOT NULL,
                name TEXT NOT NULL,
                edge TEXT NOT NULL REFERENCES edge (id),
                factory TEXT NOT NULL REFERENCES factory (id),
                organisation TEXT NOT NULL REFERENCES organisation (id),
                approval BLOB NOT NULL,
                quantity BIGINT NOT NULL CHECK (quantity > 0),
                serials_first BIGINT NOT NULL CHECK (serials_first >= 0),
                not_after BIGINT NOT NULL,
                payload BLOB NOT NULL,
                created_by TEXT NOT NULL REFERENCES person (id),
                created_at BIGINT NOT NULL,
                credited BIGINT NOT NULL CHECK (credited >= 0 AND credited <= quantity),
                settled BIGINT NOT NULL,
                revision BIGINT NOT NULL,
                UNIQUE (product, organisation, name),
                UNIQUE (product, serials_first)
            )
            """,
            "CREATE INDEX batch_totals ON batch (product, edge, quantity, credited)",
            "CREATE INDEX batch_open ON batch (product, statement) WHERE settled = 0",
            "CREATE INDEX batch_list ON batch (created_at, id)",
            "CREATE INDEX batch_by_organisation ON batch (organisation, created_at, id)",
            "CREATE INDEX batch_by_edge ON batch (edge, created_at, id)",
            """
            CREATE TABLE package (
                statement BLOB NOT NULL PRIMARY KEY REFERENCES batch (statement),
                digest BLOB NOT NULL,
                size BIGINT NOT NULL,
                content BLOB NOT NULL,
                made_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE package_task (
                statement BLOB NOT NULL PRIMARY KEY REFERENCES batch (statement),
                since BIGINT NOT NULL,
                attempts BIGINT NOT NULL,
                failure TEXT
            )
            """,
            """
            CREATE TABLE withdrawal (
                statement BLOB NOT NULL REFERENCES batch (statement),
                kind TEXT NOT NULL CHECK (kind IN ('close', 'revoke')),
                number BIGINT NOT NULL UNIQUE,
                edge TEXT NOT NULL REFERENCES edge (id),
                reason TEXT NOT NULL,
                asked_by TEXT NOT NULL REFERENCES person (id),
                asked_at BIGINT NOT NULL,
                PRIMARY KEY (statement, kind)
            )
            """,
            "CREATE INDEX withdrawal_edge ON withdrawal (edge, number)",
        ]
    )
}
