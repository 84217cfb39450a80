extension PortalSchema {
    /// Products, their versions, and the files that versions are made from.
    static let versions = PortalMigration(
        "versions",
        [
            """
            CREATE TABLE product (
                name TEXT NOT NULL PRIMARY KEY,
                title TEXT NOT NULL,
                foundation BLOB NOT NULL,
                lifetime_total BIGINT NOT NULL,
                rules BLOB NOT NULL,
                revision BIGINT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE product_version (
                product TEXT NOT NULL REFERENCES product (name),
                name TEXT NOT NULL,
                organisation TEXT NOT NULL,
                state TEXT NOT NULL,
                revision BIGINT NOT NULL,
                manifest BLOB NOT NULL,
                manifest_digest BLOB NOT NULL,
                firmware BLOB NOT NULL,
                declaration BLOB NOT NULL,
                proves_product BIGINT NOT NULL,
                author TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                submitter TEXT,
                submitted_at BIGINT,
                rejecter TEXT,
                rejected_at BIGINT,
                reason TEXT,
                approval BLOB,
                approval_statement BLOB,
                sequence BIGINT,
                locked_at BIGINT,
                chained BIGINT NOT NULL,
                PRIMARY KEY (product, name)
            )
            """,
            "CREATE INDEX product_version_sequence ON product_version (product, chained, sequence)",
            "CREATE INDEX product_version_manifest ON product_version (manifest_digest)",
            "CREATE INDEX product_version_approval ON product_version (approval_statement)",
            """
            CREATE TABLE stored_file (
                kind TEXT NOT NULL,
                digest BLOB NOT NULL,
                organisation TEXT NOT NULL,
                size BIGINT NOT NULL,
                person TEXT NOT NULL,
                stored_at BIGINT NOT NULL,
                PRIMARY KEY (kind, digest, organisation)
            )
            """,
            """
            CREATE TABLE allotment_release (
                officer_order BLOB NOT NULL,
                edge TEXT NOT NULL,
                product TEXT NOT NULL,
                units BIGINT NOT NULL,
                sequence BIGINT NOT NULL,
                PRIMARY KEY (product, edge, officer_order)
            )
            """,
        ]
    )
}
