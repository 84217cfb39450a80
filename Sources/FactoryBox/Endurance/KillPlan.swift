import VirtualChip

/// Whom a round kills.
public enum KillParty: String, Sendable, CaseIterable {
    case edgehsmd
    case station = "obis-station"
    case factory = "obis-factory"
    case chip
}

/// One drawn place: a fault point of a process and the passage at which it dies, or a step of a chip.
struct KillPoint: Sendable, CustomStringConvertible {
    let party: KillParty
    /// As the environment names it: `point:count:action`, or `STEP:MOMENT@COUNT` for a chip.
    let plan: String
    /// An EdgeHSM that died may die once more while it starts, before what was burned is acknowledged.
    var planAtRestart: String?

    /// Chips of the round: the Factory Service's work comes in intervals, so the line must last longer.
    var units: Int { party == .factory ? 10 : 4 }

    var description: String { "\(party.rawValue) at \(plan)" }
}

/// Draws rounds: each party gets its share, in an order and at points that the seed decides. No point of a party comes
/// twice before all of them came once.
struct KillPlan {
    /// Fault points with the range of passages that a round of a few units comes to.
    private struct Candidate {
        let text: String
        let passages: ClosedRange<Int>
        var action = "kill"
    }

    private var generator: SeededGenerator
    private var left: [KillParty: [Candidate]] = [:]
    private var queue: [KillParty] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> KillPoint {
        if queue.isEmpty { queue = Self.shares.shuffled(using: &generator) }
        let party = queue.removeLast()
        if left[party, default: []].isEmpty { left[party] = Self.candidates(party).shuffled(using: &generator) }
        let candidate = left[party, default: []].removeLast()
        let count = Int.random(in: candidate.passages, using: &generator)
        let plan = party == .chip ? "\(candidate.text)@\(count)" : "\(candidate.text):\(count):\(candidate.action)"
        var point = KillPoint(party: party, plan: plan)
        if party == .edgehsmd && Int.random(in: 0..<3, using: &generator) == 0 {
            point.planAtRestart = Self.starts.randomElement(using: &generator)
        }
        return point
    }

    /// A dozen rounds.
    private static let shares: [KillParty] =
        Array(repeating: .edgehsmd, count: 5) + Array(repeating: .station, count: 3)
        + Array(repeating: .chip, count: 2) + Array(repeating: .factory, count: 2)

    private static func candidates(_ party: KillParty) -> [Candidate] {
        switch party {
        case .edgehsmd: edge
        case .station: station
        case .factory: factory
        case .chip: chip
        }
    }

    /// Commit, reply, signature, lease. The first anchor of a start is its own; the second is the first lease.
    private static let edge = [
        Candidate(text: "journal.commit", passages: 12...36),
        Candidate(text: "journal.commit", passages: 12...36, action: "kill-after"),
        Candidate(text: "journal.reply", passages: 12...36),
        Candidate(text: "dac.before", passages: 1...4), Candidate(text: "dac.after", passages: 1...4),
        Candidate(text: "anchor.before", passages: 2...2), Candidate(text: "anchor.after", passages: 2...2),
        Candidate(text: "reply.before", passages: 8...20), Candidate(text: "reply.after", passages: 8...20),
    ]

    private static let starts = [
        "start.commit:1:kill", "start.commit:1:kill-after", "anchor.before:1:kill", "anchor.after:1:kill",
    ]

    private static let station = [
        "keys.after", "issue.before", "issue.after", "factoryData.after", "seal.after", "permit.after",
        "firmware.before", "writeFactoryData.after", "credentials.after", "productKeys.after", "features.before",
        "readBack.before", "printLabel.after", "scanLabel.before", "attest.after", "lock.before", "lock.after",
        "complete.before", "complete.after", "report.before",
    ].map { Candidate(text: "station." + $0, passages: 1...3) }

    private static let factory = ["report", "journal", "checkpoint"].flatMap { write in
        ["before-commit", "after-commit"].map { Candidate(text: "factory.\(write).\($0)", passages: 1...2) }
    }

    private static let service: [VirtualChipCutPoint] = [
        .attest, .wipe, .adac, .reset, .prepareRotation, .stageRotation, .switchCredential,
    ]

    /// What a chip goes through on the line; opening, wiping and rotating belong to service.
    private static let chip = VirtualChipCut.all
        .filter { !service.contains($0.point) }
        .map { Candidate(text: "\($0.point.rawValue):\($0.moment.rawValue)", passages: 1...1) }
}
