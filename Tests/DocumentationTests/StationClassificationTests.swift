import EdgeHSMCore
import EdgeHSMDaemon
import FactoryCore
import KeyCustody
import LineProtocol
import ServiceSupport
import StationCore
import Testing
import Vocabulary

/// Every code that a service can send to a station is classified here by hand: a new one fails until somebody has decided
/// whether the line goes on after it.
@Suite("What a station does after each refusal")
struct StationClassificationTests {
    /// All that is not named below stops the line, or is asked again where its catalogue says that it is retryable.
    private static let exceptions: [FailureKind: [String]] = [
        .startOver: [
            "edge.hold.missing", "edge.nonce.stale", "edge.unit.unknown", "edge.unit.not-issued",
            "edge.unit.not-attested", "edge.unit.factory-data-not-given", "edge.unit.not-permitted", "edge.unit.ended",
            "edge.reservation.unknown",
        ],
        .leaveOpen: [
            "edge.rotation.unproven", "edge.unit.completed", "edge.unit.not-completed", "edge.unit.exposed",
            "edge.debug.permissions",
            "debug.permissions.exceeded", "unit.evidence.label",
        ],
        .giveUp: [
            "edge.chip.mismatch", "edge.chip.live-elsewhere", "edge.chip.not-of-batch", "edge.chip.not-proven",
            "edge.key.seen-before", "edge.unit.other-key", "edge.complete.firmware", "edge.complete.factory-data",
            "edge.complete.debug-port-open", "unit.vendor-proof.missing", "unit.vendor-proof.invalid",
            "unit.evidence.firmware", "unit.evidence.factory-data", "unit.evidence.attestation",
            "unit.evidence.open-debug-port",
        ],
        .retry: [
            "edge.lease.exhausted", "edge.unit.busy", "edge.hold.too-many", "edge.hold.other-station",
            "edge.state.stopping",
            "edge.state.internal", "edge.queue.full", "edge.service.stopping", "edge.token.unavailable",
            "edge.anchor.not-written", "key.queue.full", "key.device.failed", "key.device.hangs",
            "key.officer.busy", "net.connect.failed",
            "net.connection.lost", "net.request.timeout", "net.client.busy", "line.service.internal",
            "line.reply.mismatch", "factory.edge-hsm.status-unknown", "factory.portal.unreachable",
            "factory.portal.busy",
        ],
    ]

    private static func refusals<Catalogue: ErrorCatalogue>(of catalogue: Catalogue.Type) -> [Refusal] {
        Catalogue.allCases.map { Refusal($0) }
    }

    private static var all: [Refusal] {
        refusals(of: EdgeError.self) + refusals(of: EdgeDaemonError.self) + refusals(of: ExecutionError.self)
            + refusals(of: KeyCustodyError.self) + refusals(of: LineProtocolError.self)
            + refusals(of: ServiceSupportError.self) + refusals(of: FactoryError.self)
    }

    @Test("every code is classified as decided")
    func everyCode() {
        var expected: [String: FailureKind] = [:]
        for (kind, codes) in Self.exceptions { for code in codes { expected[code] = kind } }
        for refusal in Self.all {
            #expect(FailureKind(refusal) == expected[refusal.code] ?? .stopLine, "\(refusal.code)")
        }
    }

    @Test("no exception is out of date")
    func exceptionsExist() {
        let codes = Set(Self.all.map(\.code))
        for code in Self.exceptions.values.joined() { #expect(codes.contains(code), "\(code)") }
    }
}
