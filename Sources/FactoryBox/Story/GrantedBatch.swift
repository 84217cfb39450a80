import Vocabulary

/// A batch as the portal granted it; the portal gave it its serial numbers.
struct GrantedBatch: Sendable {
    /// The portal's id.
    let id: String
    /// Id of its authorization, hexadecimal.
    let authorization: String
    let name: String
    let product: ProductPlan
    let quantity: Int
    let firstSerial: String
    let lastSerial: String

    /// - Parameter answer: a `Batch` of the portal's API.
    init(_ answer: JSONTree, of product: ProductPlan) throws {
        id = try answer.string("id")
        authorization = try answer.string("authorization")
        name = try answer.string("batch")
        self.product = product
        quantity = try answer.integer("quantity")
        firstSerial = try answer.string("firstSerial")
        lastSerial = try answer.string("lastSerial")
    }

    /// From the first on, without a gap.
    var serials: [String] {
        let digits = firstSerial.dropFirst(product.serialPrefix.count)
        let first = Int(digits) ?? 0
        return (first..<first + quantity).map { number in
            let text = String(number)
            return product.serialPrefix + String(repeating: "0", count: max(digits.count - text.count, 0)) + text
        }
    }
}
