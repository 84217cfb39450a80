import Foundation

/// Who runs factories for the OEM.
struct Manufacturer: Sendable, Hashable {
    let id: String
    let name: String
    /// Who prepares versions there, and who runs production.
    let engineer: String
    let manager: String

    static let brightline = Manufacturer(
        id: "brightline",
        name: "Brightline Electronics",
        engineer: "Emma Chen",
        manager: "Mei Zhang"
    )
    static let norda = Manufacturer(
        id: "norda",
        name: "Norda Montage",
        engineer: "Eryk Nowak",
        manager: "Marta Kowalska"
    )
    static let all = [brightline, norda]
}

/// A factory of the story: where it is, who runs it, and its EdgeHSM.
struct FactoryProfile: Sendable {
    let id: String
    let edgeHSM: String
    let place: String
    let country: String
    let timeZone: String
    let manufacturer: Manufacturer
    /// Without a link to the portal everything goes by stick, both ways.
    let hasLink: Bool

    /// Five factories in three time zones, run by two ODMs.
    static let all = [
        FactoryProfile(1, "Shenzhen", "CN", "Asia/Shanghai", .brightline),
        FactoryProfile(2, "Dongguan", "CN", "Asia/Shanghai", .brightline),
        FactoryProfile(3, "Poznań", "PL", "Europe/Warsaw", .norda),
        FactoryProfile(4, "Brno", "CZ", "Europe/Prague", .norda),
        FactoryProfile(5, "Monterrey", "MX", "America/Monterrey", .brightline, hasLink: false),
    ]

    private init(
        _ number: Int,
        _ place: String,
        _ country: String,
        _ zone: String,
        _ manufacturer: Manufacturer,
        hasLink: Bool = true
    ) {
        id = "factory-\(number)"
        edgeHSM = "edge-\(number)"
        self.place = place
        self.country = country
        timeZone = zone
        self.hasLink = hasLink
        self.manufacturer = manufacturer
    }

    var title: String { "\(id) \(place)" }

    /// The clock on the factory's wall.
    func localTime(_ now: Date = Date()) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: timeZone)
        formatter.dateFormat = "HH:mm"
        return formatter.string(from: now)
    }
}

/// How much the story makes. The same story is told at any scale.
struct StoryScale: Sendable {
    /// Bulbs and plugs that each factory makes.
    let bulbs: Int
    let plugs: Int
    var devices: Int { bulbs + plugs }
    /// Units of the new product, at one factory.
    let newcomers: Int
    /// All devices of all factories.
    var total: Int { devices * FactoryProfile.all.count + newcomers }

    /// Three bulbs for two plugs.
    init(devices: Int) {
        plugs = devices * 2 / 5
        bulbs = devices - plugs
        newcomers = max(devices / 10, 2)
    }
}
