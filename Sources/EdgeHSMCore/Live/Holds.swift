import Vocabulary

/// The holds of all stations: found by unit, counted by station, and ended without looking at each at every command.
struct Holds: Sendable, Equatable {
    private var byUnit: [Digest256: Hold] = [:]
    private var ofStation: [StationName: Int] = [:]
    /// Uptime before which no hold ends; a hold only lives longer than this says, never shorter.
    private var noneEndsBefore = Int64.max

    static func == (left: Self, right: Self) -> Bool { left.byUnit == right.byUnit }

    var count: Int { byUnit.count }
    var all: some Sequence<Hold> { byUnit.values }

    func count(of station: StationName) -> Int { ofStation[station] ?? 0 }

    subscript(unit: Digest256) -> Hold? { byUnit[unit] }

    mutating func put(_ hold: Hold) {
        remove(hold.unit)
        byUnit[hold.unit] = hold
        ofStation[hold.station, default: 0] += 1
        noneEndsBefore = min(noneEndsBefore, hold.expires)
    }

    mutating func remove(_ unit: Digest256) {
        guard let hold = byUnit.removeValue(forKey: unit), let count = ofStation[hold.station] else { return }
        ofStation[hold.station] = count > 1 ? count - 1 : nil
    }

    mutating func removeAll() { self = Holds() }

    /// A hold in use lives longer. Nothing where it has ended.
    mutating func prolong(_ unit: Digest256, until expires: Int64) {
        byUnit[unit]?.expires = expires
        noneEndsBefore = min(noneEndsBefore, expires)
    }

    mutating func attest(_ unit: Digest256, _ keys: AttestedKeys) { byUnit[unit]?.attested = keys }

    /// Ends what is over at `uptime`.
    mutating func expire(at uptime: Int64) {
        guard uptime >= noneEndsBefore else { return }
        for hold in byUnit.values where hold.expires <= uptime { remove(hold.unit) }
        noneEndsBefore = byUnit.values.lazy.map(\.expires).min() ?? .max
    }
}
