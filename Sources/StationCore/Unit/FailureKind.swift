public import Vocabulary

/// What a station does next after a refusal, judged by its code.
public enum FailureKind: Sendable, Equatable {
    /// The same request may succeed soon.
    case retry
    /// EdgeHSM or chip have forgotten something of this pass, or a write did not hold: once more from the start.
    case startOver
    /// Nothing can be done for any unit now: leave this one open and stop.
    case stopLine
    /// Something must be done at this site first; the unit can go on afterwards.
    case leaveOpen
    /// This unit will not become a device.
    case giveUp

    /// A hold that ran out or fell to a restart, a nonce or challenge of an older pass, a write that did not hold.
    private static let startOverCodes: Set<String> = [
        "edge.hold.missing", "edge.nonce.stale", "edge.unit.unknown", "edge.unit.not-issued", "edge.unit.not-attested",
        "edge.unit.factory-data-not-given", "edge.unit.not-permitted", "edge.unit.ended", "edge.reservation.unknown",
        "programmer.read-back.differs", "chip.request.absent", "product-key.receipt.invalid",
        StationError.readBackMismatch.rawValue, StationError.keyMissing.rawValue,
    ]

    /// Areas and subjects whose refusals would meet every unit alike: the site, its batch, its EdgeHSM, its services.
    private static let stopLineCodes = [
        "edge.allotment.", "edge.allowance.", "edge.anchor.", "edge.approval.", "edge.authorization.", "edge.batch.",
        "edge.box.", "edge.clock.", "edge.enrolment.", "edge.file.", "edge.fleet-key.", "edge.journal.", "edge.lease.",
        "edge.manifest.", "edge.order.", "edge.package.", "edge.peer.", "edge.product.", "edge.queue.", "edge.quota.",
        "edge.receipt.", "edge.refusals.", "edge.rolekeys.", "edge.rules.", "edge.serials.", "edge.service.",
        "edge.setting.",
        "edge.signer.", "edge.slot.", "edge.state.", "edge.station.", "edge.time.", "edge.tls.", "edge.token.",
        "edge.window.", "edge.zeroise.",
        "config.", "factory.", "key.", "line.", "net.", "package.", "process.", "product.", "store.", "tls.",
        "unit.factory-data.", "unit.key-slot.", "unit.secrets.",
        "station.firmware.", "station.progress.", "station.work-order.", "station.permit.", "station.credential.",
        "station.label.unwritable", "station.scanner.missing", "station.scanner.address", "station.scanner.unreachable",
        "station.request.",
    ]

    /// The session that opened the port was granted less than this needs: a matter of the unlock, not of the device.
    private static let leaveOpenCodes: Set<String> = ["chip.debug.permission-missing"]

    /// Areas and subjects whose refusals mean that this device is no good.
    private static let giveUpCodes = [
        "chip.", "edge.chip.", "edge.key.", "edge.unit.other-key", "edge.complete.", "matter.", "factory-data.",
        "product-key.", "station.chip.locked-unfinished", "station.chip.keys-lost", "station.chip.lock-ineffective",
        "station.attestation.", "station.read-back.", "station.product-key.", "programmer.read-back.",
        "unit.vendor-proof.", "unit.evidence.firmware", "unit.evidence.factory-data", "unit.evidence.attestation",
        "unit.evidence.open-debug-port",
    ]

    public init(_ refusal: Refusal) {
        func begins(_ list: [String]) -> Bool { list.contains { refusal.code.hasPrefix($0) } }
        if Self.startOverCodes.contains(refusal.code) {
            self = .startOver
        } else if refusal.isRetryable {
            self = .retry
        } else if begins(Self.stopLineCodes) {
            self = .stopLine
        } else {
            self = Self.isDeviceFault(refusal) ? .giveUp : .leaveOpen
        }
    }

    /// True where passes that start over come to the end of their number: only a device that doesn't keep what is
    /// written to it is given up then.
    static func isDeviceFault(_ refusal: Refusal) -> Bool {
        !leaveOpenCodes.contains(refusal.code) && giveUpCodes.contains { refusal.code.hasPrefix($0) }
    }
}
