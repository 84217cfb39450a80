public import Vocabulary

/// What a station does next after a refusal, judged by its code.
public enum FailureKind: Sendable, Equatable {
    /// The same request may succeed soon.
    case retry
    /// EdgeHSM or chip have forgotten something of this pass, or a write did not hold: once more from the start.
    case startOver
    /// Nothing can be done for any unit now: leave this one open and stop.
    case stopLine
    /// Somebody must do something at this site; the unit can go on afterwards.
    case leaveOpen
    /// This unit will not become a device.
    case giveUp

    /// A hold that ran out or fell to a restart, a nonce of an older pass, a challenge that is gone.
    private static let startOverCodes: Set<String> = [
        "edge.unit.unknown", "edge.unit.no-hold", "edge.hold.unknown", "edge.hold.expired", "edge.hold.missing",
        "edge.nonce.stale", "edge.request.stale-nonce", "edge.unit.not-proven", "edge.permit.missing",
        "edge.permit.expired", StationError.readBackMismatch.rawValue, StationError.keyMissing.rawValue,
        "programmer.read-back.differs", "chip.request.absent", "product-key.receipt.invalid",
    ]

    /// Areas and subjects whose refusals concern the whole line.
    private static let stopLineCodes = [
        "edge.quota.", "edge.window.", "edge.authorization.", "edge.allotment.", "edge.revocation.", "edge.revoked.",
        "edge.clock.", "edge.time.", "edge.service.", "edge.anchor.", "edge.lease.", "edge.token.", "edge.journal.",
        "edge.role-keys.", "edge.rolekeys.", "edge.station.", "edge.stopped.", "edge.state.", "token.", "store.",
        "net.", "tls.", "line.", "factory.", "station.firmware.", "station.progress.", "station.work-order.",
        "station.permit.", "station.credential.", "station.label.unwritable",
    ]

    private static let leaveOpenCodes = [
        "station.chip.changed", "station.label.mismatch", "station.software.", "station.unit.", "programmer.",
    ]

    public init(_ refusal: Refusal) {
        func begins(_ list: [String]) -> Bool { list.contains { refusal.code.hasPrefix($0) } }
        if Self.startOverCodes.contains(refusal.code) {
            self = .startOver
        } else if refusal.isRetryable {
            self = .retry
        } else if begins(Self.stopLineCodes) {
            self = .stopLine
        } else if begins(Self.leaveOpenCodes) {
            self = .leaveOpen
        } else {
            self = .giveUp
        }
    }
}
