import PortalCore
import PortalProtocol
import PortalStore
public import ServiceSupport
import Vocabulary

/// What an operator is called for, read from the database when somebody asks for metrics. Labels are EdgeHSMs that officers
/// enrolled, severities and kinds: closed lists, and no secret.
public struct OperationFigures: Sendable {
    private let portal: PortalServices
    private let ingest: IngestService
    private let metrics: Metrics

    public init(_ portal: PortalServices, ingest: IngestService, metrics: Metrics) {
        (self.portal, self.ingest, self.metrics) = (portal, ingest, metrics)
    }

    private struct Lag {
        let edge: String
        let seconds: Int64
        let entries: Int
    }

    private struct Figures {
        var lags: [Lag] = []
        var alarms: [String: Int] = [:]
        var packages = 0
        var oldest: Int64 = 0
        var givenUp = 0
    }

    /// The process's own metrics, and these.
    public func text() async throws -> String {
        let now = portal.clock.realtime()
        let announced = ingest.announced
        let figures = try await portal.database.read { try Self.read($0, announced, at: now) }
        let size = FileFigures.size(of: (portal.database as? SQLitePortalDatabase)?.path)
        var families = [
            Self.family("obis_portal_packages_waiting", "Packages to be made.", [("", Double(figures.packages))]),
            Self.family(
                "obis_portal_packages_oldest_seconds",
                "Age of the oldest of them.",
                [("", Double(figures.oldest))]
            ),
            Self.family(
                "obis_portal_packages_given_up",
                "Packages that can't be made.",
                [("", Double(figures.givenUp))]
            ),
            Self.family(
                "obis_portal_alarms_open",
                "Alarms neither cleared nor acknowledged.",
                AlarmKind.Severity.allCases.map {
                    ("severity=\"\($0.rawValue)\"", Double(figures.alarms[$0.rawValue] ?? 0))
                }
            ),
            Self.family(
                "obis_portal_ingest_lag_seconds",
                "Age of the newest checkpoint whose entries are all here, or since enrolment.",
                figures.lags.map { ("edge=\"\($0.edge)\"", Double($0.seconds)) }
            ),
            Self.family(
                "obis_portal_ingest_lag_entries",
                "Entries that checkpoints speak of and that did not come.",
                figures.lags.map { ("edge=\"\($0.edge)\"", Double($0.entries)) }
            ),
        ]
        if let size {
            families.append(Self.family("obis_portal_database_bytes", "Size of the database.", [("", size)]))
        }
        return metrics.text() + families.joined()
    }

    private static func read(
        _ transaction: any SQLTransaction,
        _ announced: [EdgeHSMID: Int],
        at now: Instant
    ) throws -> Figures {
        var figures = Figures()
        let logs = Dictionary(
            try JournalLogs(transaction).everyCurrent().map { ($0.edgeHSM, $0) },
            uniquingKeysWith: { $1 }
        )
        for edge in try GovernanceTable(transaction).everyEdge() {
            let log = logs[edge.id]
            let word = log.flatMap { log in
                log.checkpointTime.map { AlarmRules.lastWord(signedAt: $0, receivedAt: log.heardAt) }
            }
            let stored = log?.size ?? 0
            figures.lags.append(
                Lag(
                    edge: edge.id.text,
                    seconds: max(now - (word ?? edge.enrolledAt), 0),
                    entries: max((announced[edge.id] ?? stored) - stored, 0)
                )
            )
        }
        figures.alarms = try Alarms(transaction).countOpen()
        let waiting = try PackageTable(transaction).waiting()
        figures.packages = waiting.count
        figures.oldest = waiting.since.map { max(now - $0, 0) } ?? 0
        figures.givenUp = try PackageTable(transaction).countGivenUp()
        return figures
    }

    /// Identifiers have no character that a label must escape.
    private static func family(_ name: String, _ help: String, _ samples: [(labels: String, value: Double)]) -> String {
        let lines = samples.map { sample in
            "\(name)\(sample.labels.isEmpty ? "" : "{\(sample.labels)}") \(sample.value)\n"
        }
        return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n" + lines.joined()
    }
}
