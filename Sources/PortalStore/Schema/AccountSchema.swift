extension PortalSchema {
    /// What people sign in with, and where they are signed in.
    static let accounts = PortalMigration(
        "accounts",
        [
            """
            CREATE TABLE account (
                person TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
                login TEXT NOT NULL UNIQUE,
                password TEXT NOT NULL,
                password_set_at BIGINT NOT NULL,
                authenticator BLOB,
                authenticator_since BIGINT,
                last_step BIGINT NOT NULL,
                pending BLOB,
                pending_at BIGINT
            )
            """,
            """
            CREATE TABLE recovery_code (
                person TEXT NOT NULL REFERENCES person (id),
                digest BLOB NOT NULL,
                used_at BIGINT,
                PRIMARY KEY (person, digest)
            )
            """,
            """
            CREATE TABLE session (
                id TEXT NOT NULL PRIMARY KEY,
                digest BLOB NOT NULL UNIQUE,
                person TEXT NOT NULL REFERENCES person (id),
                complete BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                seen_at BIGINT NOT NULL,
                verified_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                address TEXT NOT NULL,
                agent TEXT,
                revoked_at BIGINT
            )
            """,
            "CREATE INDEX session_person ON session (person, id)",
            "CREATE INDEX session_expiry ON session (expires_at)",
            """
            CREATE TABLE known_device (
                person TEXT NOT NULL REFERENCES person (id),
                digest BLOB NOT NULL,
                used_at BIGINT NOT NULL,
                PRIMARY KEY (person, digest)
            )
            """,
            """
            CREATE TABLE reset_code (
                digest BLOB NOT NULL PRIMARY KEY,
                person TEXT NOT NULL REFERENCES person (id),
                expires_at BIGINT NOT NULL
            )
            """,
        ]
    )
}
