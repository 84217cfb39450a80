import PortalProtocol
import Vocabulary

/// What objects of the portal's log are called, and where they are looked at. The log itself keeps ids alone.
struct AuditPlaces {
    private let people: [PersonID: String]
    private let factories: [FactoryID: Factory]
    private let products: [ProductName: Product]

    init(_ look: PageRequest, _ people: [PersonID: String]) async throws {
        self.people = people
        factories = try await People.factories(look)
        let products: [Product] = try await look.api.all("/v1/products")
        self.products = Dictionary(products.map { ($0.product, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Nil where it has no page of its own.
    func place(of object: String) -> (name: String, address: String)? {
        if let id = try? PersonID(object), let name = people[id] { return (name, "/people/\(id.text)") }
        if let id = try? FactoryID(object), let factory = factories[id] {
            return (factory.name, "/factories/\(id.text)")
        }
        let parts = object.split(separator: "/", maxSplits: 1).map(String.init)
        if let first = parts.first, let name = try? ProductName(first), let product = products[name] {
            guard parts.count == 2 else { return (product.title.text, "/products/\(name.text)") }
            guard let version = try? VersionName(parts[1]) else { return nil }
            return ("\(product.title.text) \(version.text)", "/products/\(name.text)/versions/\(version.text)")
        }
        if object.wholeMatch(of: /b-[0-9a-f]{8,64}/) != nil { return (object, "/batches/\(object)") }
        if let alarm = object.wholeMatch(of: /alarm ([0-9]{1,18})/) {
            return ("Alarm \(alarm.1)", "/alarms?show=all#alarm-\(alarm.1)")
        }
        return nil
    }
}
