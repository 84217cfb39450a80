extension PortalSchema {
    /// Organisations, people, what lets them in, and the portal's log of acts.
    static let identity = PortalMigration(
        "identity",
        [
            """
            CREATE TABLE organisation (
                id TEXT NOT NULL PRIMARY KEY,
                name TEXT NOT NULL,
                kind TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE person (
                id TEXT NOT NULL PRIMARY KEY,
                organisation TEXT NOT NULL REFERENCES organisation (id),
                name TEXT NOT NULL,
                email TEXT NOT NULL,
                roles TEXT NOT NULL,
                officer TEXT UNIQUE,
                active BIGINT NOT NULL,
                version BIGINT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX person_organisation ON person (organisation, id)",
            """
            CREATE TABLE token (
                id TEXT NOT NULL PRIMARY KEY,
                digest BLOB NOT NULL UNIQUE,
                person TEXT NOT NULL REFERENCES person (id),
                name TEXT NOT NULL,
                scopes TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                last_used_at BIGINT,
                revoked_at BIGINT
            )
            """,
            "CREATE INDEX token_person ON token (person, id)",
            """
            CREATE TABLE invitation (
                id TEXT NOT NULL PRIMARY KEY,
                digest BLOB NOT NULL UNIQUE,
                kind TEXT NOT NULL,
                organisation TEXT,
                organisation_name TEXT,
                roles TEXT NOT NULL,
                officer TEXT,
                product TEXT,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                used_at BIGINT,
                revoked_at BIGINT
            )
            """,
            "CREATE TABLE setup_code (digest BLOB NOT NULL PRIMARY KEY, expires_at BIGINT NOT NULL)",
            """
            CREATE TABLE idempotency (
                digest BLOB NOT NULL PRIMARY KEY,
                request BLOB NOT NULL,
                answer BLOB NOT NULL,
                expires_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX idempotency_expiry ON idempotency (expires_at)",
            "CREATE TABLE portal_secret (name TEXT NOT NULL PRIMARY KEY, secret BLOB NOT NULL)",
            "CREATE TABLE portal_log (position BIGINT NOT NULL PRIMARY KEY, entry BLOB NOT NULL)",
            """
            CREATE TABLE portal_log_node (
                height BIGINT NOT NULL,
                position BIGINT NOT NULL,
                hash BLOB NOT NULL,
                PRIMARY KEY (height, position)
            )
            """,
        ]
    )

    /// Workspaces, factories and what lets them in, and what root and officers have signed.
    static let sites = PortalMigration(
        "sites",
        [
            """
            CREATE TABLE workspace (
                product TEXT NOT NULL,
                organisation TEXT NOT NULL REFERENCES organisation (id),
                created_at BIGINT NOT NULL,
                PRIMARY KEY (product, organisation)
            )
            """,
            "CREATE INDEX workspace_organisation ON workspace (organisation, product)",
            """
            CREATE TABLE factory (
                id TEXT NOT NULL PRIMARY KEY,
                organisation TEXT NOT NULL REFERENCES organisation (id),
                name TEXT NOT NULL,
                country TEXT NOT NULL,
                time_zone TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX factory_organisation ON factory (organisation, id)",
            """
            CREATE TABLE joining_code (
                digest BLOB NOT NULL PRIMARY KEY,
                factory TEXT NOT NULL REFERENCES factory (id),
                expires_at BIGINT NOT NULL,
                used_at BIGINT
            )
            """,
            """
            CREATE TABLE site_certificate (
                key_digest BLOB NOT NULL PRIMARY KEY,
                factory TEXT NOT NULL REFERENCES factory (id),
                service TEXT NOT NULL,
                certificate BLOB NOT NULL,
                issued_at BIGINT NOT NULL,
                not_after BIGINT NOT NULL,
                revoked_at BIGINT
            )
            """,
            "CREATE INDEX site_certificate_factory ON site_certificate (factory, issued_at)",
            """
            CREATE TABLE role_keys (
                version BIGINT NOT NULL PRIMARY KEY,
                digest BLOB NOT NULL,
                envelope BLOB NOT NULL
            )
            """,
            """
            CREATE TABLE officer_order (
                number BIGINT NOT NULL PRIMARY KEY,
                digest BLOB NOT NULL UNIQUE,
                envelope BLOB NOT NULL,
                loaded_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE edge (
                id TEXT NOT NULL PRIMARY KEY,
                factory TEXT NOT NULL REFERENCES factory (id),
                digest BLOB NOT NULL,
                envelope BLOB NOT NULL,
                enrolled_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX edge_factory ON edge (factory, id)",
        ]
    )
}
