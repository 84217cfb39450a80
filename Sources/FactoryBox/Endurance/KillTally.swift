import Statements
import VirtualChip
import Vocabulary

/// What one kill came to; a round has two where an EdgeHSM dies again in its start, which cuts no work a second time.
public struct KillRound: Sendable {
    public let number: Int
    public let party: KillParty
    public let point: String
    /// The process died by SIGKILL at the point.
    public let hit: Bool
    /// It was serving when it died; false for an EdgeHSM in its start, which has nothing in work.
    public let wasServing: Bool
    /// Chips that had keys and had not passed when it died; 0 in a start.
    public let openUnits: Int
    /// Runs of the station until every chip of the round had passed.
    public let runs: Int

    /// Died at its point while units were in work.
    public var cutWork: Bool { hit && openUnits > 0 }

    /// The deaths of one round.
    static func deaths(_ number: Int, _ point: KillPoint, hit: Bool, openUnits: Int, runs: Int) -> [KillRound] {
        func death(_ plan: String, wasServing: Bool) -> KillRound {
            KillRound(
                number: number,
                party: point.party,
                point: plan,
                hit: hit,
                wasServing: wasServing,
                openUnits: wasServing ? openUnits : 0,
                runs: runs
            )
        }
        let again = hit ? point.planAtRestart : nil
        return [death(point.plan, wasServing: true)] + (again.map { [death($0, wasServing: false)] } ?? [])
    }
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

    /// Kills of a party in service.
    public func kills(of party: KillParty) -> Int { rounds.count { $0.party == party && $0.hit && $0.wasServing } }
    /// All kills in service, one a round.
    public var hits: Int { rounds.count { $0.hit && $0.wasServing } }
    /// Kills of an EdgeHSM in its start, after one in service.
    public var killsInStart: Int { rounds.count { $0.hit && !$0.wasServing } }
    public var cutWork: Int { rounds.count(where: \.cutWork) }
}
