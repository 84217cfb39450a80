public import LineProtocol
import Statements
public import Vocabulary

/// What stations may do with a batch, as far as a Factory Service can tell. The EdgeHSM decides every unit anew.
public enum WorkOrderStanding: String, Sendable, Codable {
    /// New units may be begun.
    case offered
    /// No new units, but counted ones are to be finished.
    case finishing
    /// Only rework, re-provisioning or rotation.
    case service
    /// The window is not open yet.
    case waiting
    /// Everything that was granted or begun is made; a station that asks for more hears from the EdgeHSM why not.
    case finished
    /// Nothing more.
    case over

    public init(_ batch: GetStatus.Batch) {
        let isService = batch.debugUnlocksLeft + batch.reprovisionsLeft + batch.rotationsLeft > 0
        switch batch.state {
        case .revoked: self = .over
        case .waiting: self = .waiting
        case .open where batch.account.remaining > 0: self = .offered
        case .open, .ended, .closed:
            if batch.account.issued > batch.completed && batch.state != .closed {
                self = .finishing
            } else {
                self = isService ? .service : batch.state == .closed ? .over : .finished
            }
        }
    }
}

/// The site's work orders, most urgent first.
public struct WorkOrderBoard: Sendable {
    public let orders: [WorkOrder]

    /// - Parameter firmware: digests of the firmware files that are here.
    public init(_ status: GetStatus.Reply, firmware: Set<Digest256>) {
        let standing = status.batches.map { (batch: $0, standing: WorkOrderStanding($0)) }
        let ordered = standing.filter { $0.standing != .over }.sorted { left, right in
            let ranks = (Self.rank(left.standing), Self.rank(right.standing))
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            if left.batch.notAfter != right.batch.notAfter { return left.batch.notAfter < right.batch.notAfter }
            return left.batch.authorization < right.batch.authorization
        }
        orders = ordered.map { WorkOrder(batch: $0.batch, hasFirmware: firmware.contains($0.batch.firmware)) }
    }

    private static func rank(_ standing: WorkOrderStanding) -> Int {
        switch standing {
        case .offered: 0
        case .finishing: 1
        case .service: 2
        case .waiting: 3
        case .finished: 4
        case .over: 5
        }
    }
}
