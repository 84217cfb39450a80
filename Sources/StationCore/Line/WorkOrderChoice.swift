public import LineProtocol
import Vocabulary

/// Which work order an operator means.
public enum WorkOrderChoice {
    /// Ids that a refusal lists at most.
    static let mostListed = 4

    /// The one with this batch name or authorization's id. Throws `station.work-order.unknown` and
    /// `station.work-order.ambiguous`, which lists the ids to choose from.
    public static func order(_ name: String, among orders: [WorkOrder]) throws -> WorkOrder {
        if let order = orders.first(where: { $0.batch.authorization.hex == name }) { return order }
        let named = orders.filter { $0.batch.batch.text == name }
        guard let order = named.first else { throw Refusal(StationError.noSuchBatch, name) }
        guard named.count == 1 else {
            let ids = named.prefix(mostListed).map(\.batch.authorization.hex).joined(separator: " ")
            throw Refusal(StationError.ambiguousBatch, "\(named.count) are named \(name): \(ids)")
        }
        return order
    }
}
