public import PortalProtocol
public import Vocabulary

/// When labels were shown to whom, as far back as the budgets look.
public struct LabelRevealTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// The newest to one person after `time`, `most` at most.
    public func latest(of person: PersonID, after time: Instant, most: Int) throws -> [Instant] {
        try transaction.rows(
            "SELECT at FROM label_reveal WHERE person = ? AND at > ? ORDER BY at DESC LIMIT ?",
            [.name(person), .time(time), .number(most)]
        ).map { try $0.time("at") }
    }

    /// The same of everybody in one organisation.
    public func latest(of organisation: OrganisationID, after time: Instant, most: Int) throws -> [Instant] {
        try transaction.rows(
            "SELECT at FROM label_reveal WHERE organisation = ? AND at > ? ORDER BY at DESC LIMIT ?",
            [.name(organisation), .time(time), .number(most)]
        ).map { try $0.time("at") }
    }

    /// Also forgets what is older than `forgotten`.
    ///
    /// - Parameter position: of the entry in the portal's log that will tell it.
    public func note(
        _ position: Int,
        to person: PersonID,
        of organisation: OrganisationID,
        at time: Instant,
        forgetting forgotten: Instant
    ) throws {
        try transaction.execute("DELETE FROM label_reveal WHERE at <= ?", [.time(forgotten)])
        try transaction.execute(
            "INSERT INTO label_reveal (number, person, organisation, at) VALUES (?, ?, ?, ?)",
            [.number(position), .name(person), .name(organisation), .time(time)]
        )
    }
}
