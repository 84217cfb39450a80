/// What a key scan saw.
public struct ScanReport: Sendable {
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// Which secret, by name; never the secret.
        public let subject: String
        public let encoding: String
        public var description: String { "\(subject) as \(encoding)" }
    }

    public struct Place: Sendable {
        public let name: String
        /// Octets searched.
        public let bytes: Int
        public let findings: [Finding]
        /// Forms of the canary that were not found here: where there is one, the scan of this place proves nothing.
        public let blindTo: [String]
        /// False for the EdgeHSM, which may hold one-time secrets: it is reported, not judged.
        public let isJudged: Bool
    }

    public struct Moment: Sendable {
        public let name: String
        /// Secrets known at this moment, and patterns made of them.
        public let secrets: Int
        public let patterns: Int
        public let places: [Place]
    }

    public internal(set) var moments: [Moment] = []

    private var judged: [Place] { moments.flatMap(\.places).filter(\.isJudged) }
    /// Secrets that stood where they must not.
    public var findings: [String] {
        moments.flatMap { moment in
            moment.places.filter(\.isJudged).flatMap { place in
                place.findings.map { "\(moment.name): \(place.name): \($0)" }
            }
        }
    }
    /// Places and forms in which the canary was not found.
    public var blindSpots: [String] {
        moments.flatMap { moment in
            moment.places.filter(\.isJudged).flatMap { place in
                place.blindTo.map { "\(moment.name): \(place.name): \($0)" }
            }
        }
    }
    public var bytes: Int { judged.map(\.bytes).reduce(0, +) }
}
