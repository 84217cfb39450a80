import Silicon
import Vocabulary

/// A product of the story.
struct ProductPlan: Sendable {
    let name: String
    let productID: UInt16
    let deviceType: UInt32
    let family: ChipFamily
    var quantity: Int
    /// The version's OTA key: one for the fleet, or one for each unit.
    let keyKind: String
    let serialPrefix: String
    let socClass: UInt32
    /// Whose engineer makes its versions.
    var author = Manufacturer.brightline
    /// Lab only: hexadecimal digits that the OTA key is to have (32 for a fleet, 64 for a master of units), so that a scan knows what to look for.
    var knownKey: String?

    var productIDText: String { ProductID(productID).description }

    /// A bulb whose chips have a certificate of their vendor, and a plug whose chips have none.
    static let all = [
        ProductPlan(
            name: "bulb",
            productID: 0x8001,
            deviceType: 0x0100,
            family: .virtualV,
            quantity: 30,
            keyKind: "fleet",
            serialPrefix: "BU",
            socClass: 0x8001
        ),
        ProductPlan(
            name: "plug",
            productID: 0x8002,
            deviceType: 0x010A,
            family: .virtualN,
            quantity: 20,
            keyKind: "perUnit",
            serialPrefix: "PL",
            socClass: 0x8002,
            author: .norda
        ),
    ]

    /// What comes to a factory whose lines are running: a temperature sensor.
    static let newcomer = ProductPlan(
        name: "sensor",
        productID: 0x8003,
        deviceType: 0x0302,
        family: .virtualN,
        quantity: 5,
        keyKind: "perUnit",
        serialPrefix: "SE",
        socClass: 0x8003,
        author: .norda
    )
}
