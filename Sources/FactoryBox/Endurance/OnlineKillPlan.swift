/// Whom a round of the kills between factory and portal ends.
public enum OnlineParty: String, Sendable, CaseIterable {
    case portal = "obis-portal"
    case factory = "obis-factory"
}

/// What a process was in the middle of when it died.
public enum OnlineWork: String, Sendable, CaseIterable {
    /// Records on their way into a database, at either end.
    case ingest
    /// A batch granted, its package signed, sealed and kept.
    case making
    /// Packages, firmware and statuses on their way down.
    case fetching
}

/// A fault point and the passage at which the process dies.
struct OnlineKillPoint: Sendable {
    let work: OnlineWork
    let name: String
    let passage: Int

    /// As the environment names it.
    var plan: String { "\(name):\(passage):kill" }
}

/// Draws points: each party and each of its works in turn, no point twice before all of that work came once.
struct OnlineKillPlan {
    private struct Candidate {
        let name: String
        let passages: ClosedRange<Int>
    }

    private struct Deck: Hashable {
        let party: OnlineParty
        let work: OnlineWork
    }

    private var generator: SeededGenerator
    private var turns: [OnlineParty: [OnlineWork]] = [:]
    private var left: [Deck: [Candidate]] = [:]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next(_ party: OnlineParty) -> OnlineKillPoint {
        if turns[party, default: []].isEmpty { turns[party] = Self.works(of: party).shuffled(using: &generator) }
        let work = turns[party, default: []].removeLast()
        let deck = Deck(party: party, work: work)
        if left[deck, default: []].isEmpty { left[deck] = Self.candidates(deck).shuffled(using: &generator) }
        let candidate = left[deck, default: []].removeLast()
        let passage = Int.random(in: candidate.passages, using: &generator)
        return OnlineKillPoint(work: work, name: candidate.name, passage: passage)
    }

    /// A Factory Service makes no packages; its records are half of what there is to lose.
    private static func works(of party: OnlineParty) -> [OnlineWork] {
        party == .portal ? [.ingest, .ingest, .making, .making, .fetching] : [.ingest, .ingest, .fetching]
    }

    private static func candidates(_ deck: Deck) -> [Candidate] {
        func all(_ passages: ClosedRange<Int>, _ names: String...) -> [Candidate] {
            names.map { Candidate(name: $0, passages: passages) }
        }
        switch (deck.party, deck.work) {
        case (.portal, .ingest):
            return all(1...4, "portal.ingest.before-commit", "portal.ingest.after-commit")
                + all(1...4, "portal.records.before-commit", "portal.records.after-commit")
                + all(1...5, "portal.uploadRecords.piece")
                + all(1...4, "portal.uploadRecords.answer", "portal.uploadRecords.answered")
                + all(1...6, "portal.putFirmware.piece")
        case (.portal, .making):
            return all(1...4, "portal.createBatch.before-commit", "portal.createBatch.after-commit")
                + all(1...4, "portal.createBatch.answer", "portal.createBatch.answered")
                + all(1...3, "portal.package.begun", "portal.package.signed", "portal.package.made")
                + all(1...3, "portal.package.before-commit", "portal.package.after-commit")
        case (.portal, .fetching):
            return all(1...3, "portal.getPackage.answer", "portal.getPackage.answered")
                + all(1...1, "portal.getSyncFirmware.answer", "portal.getSyncFirmware.answered")
                + all(2...6, "portal.getSyncState.answer")
        case (.factory, .fetching):
            return all(1...2, "factory.download.piece", "factory.download.whole", "factory.download.taken")
                + all(1...1, "factory.portal.before-commit", "factory.portal.after-commit")
                + all(1...2, "factory.event.before-commit")
        case (.factory, _):
            return all(1...2, "factory.upload.before", "factory.upload.after")
                + all(1...3, "factory.journal.before-commit", "factory.journal.after-commit")
                + all(1...3, "factory.checkpoint.before-commit", "factory.checkpoint.after-commit")
                + all(1...4, "factory.report.before-commit", "factory.report.after-commit")
        }
    }
}
