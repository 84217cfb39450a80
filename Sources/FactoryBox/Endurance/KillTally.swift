import Statements
import VirtualChip
import Vocabulary

/// What one kill came to; a round has two where an EdgeHSM dies again in its start.
public struct KillRound: Sendable {
    public let number: Int
    public let party: KillParty
    public let point: String
    /// The process died by SIGKILL at the point.
    public let hit: Bool
    /// Chips that had keys and had not passed when it died.
    public let openUnits: Int
    /// Runs of the station until every chip of the round had passed.
    public let runs: Int

    /// Died at its point while units were in work.
    public var cutWork: Bool { hit && openUnits > 0 }
}

/// The result of all rounds and of the judgement at the end.
public struct KillTally: Sendable {
    public let seed: UInt64
    public internal(set) var rounds: [KillRound] = []
    public internal(set) var devices = 0
    public internal(set) var granted = 0
    public internal(set) var issued = 0
    public internal(set) var burned = 0
    public internal(set) var returned = 0
    public internal(set) var remaining = 0
    public internal(set) var journalEntries = 0
    public internal(set) var epoch: UInt64 = 0

    public func kills(of party: KillParty) -> Int { rounds.count { $0.party == party && $0.hit } }
    public var cutWork: Int { rounds.count(where: \.cutWork) }
}
