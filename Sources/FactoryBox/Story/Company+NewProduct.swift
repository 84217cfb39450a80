import Foundation
import Vocabulary

/// A product that did not exist when the factory opened comes to it while its lines run.
extension Company {
    func bringNewProduct() async throws {
        let people = try required(people)
        let factory = factories[Self.newcomersPlace]
        let before = factory.finished
        let product = newcomer
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await factory.produce(shift: 2) }
            tasks.addTask {
                try await self.create(product, people)
                try await self.prepare(product, at: factory, people)
                try await self.submit(product, people)
                let units = self.scale.newcomers + Site.spareUnits
                try await self.propose(product, people, allotments: [(factory.edge.id, units)])
                try await self.sign([product], people)
                let wish = Wish(
                    product: product,
                    name: "\(product.name)-\(factory.profile.id)",
                    quantity: self.scale.newcomers,
                    shift: 3
                )
                let grant = try await self.grant(wish, at: factory, people)
                try await factory.plan(grant, station: factory.host.stations.count - 1, shift: wish.shift)
                try await self.deliver([grant], to: factory, people)
                let meanwhile = factory.finished - before
                guard meanwhile > 0 else {
                    throw Refusal(FactoryBoxError.unexpected, "no line ran at \(factory.profile.id)")
                }
                self.narrator.passed(
                    "a new product came to \(factory.profile.title): keys, certificates, version, batch",
                    "\(meanwhile) other devices were finished there meanwhile; nobody travelled"
                )
                try await factory.produce(shift: 3)
                self.narrator.passed("\(grant.quantity) \(product.name)s made")
            }
            try await tasks.waitForAll()
        }
    }

    /// The OTA key is born in the portal's token, PAI and debug keys in the EdgeHSM's, while it issues.
    private func prepare(_ product: ProductPlan, at factory: Factory, _ people: PortalPeople) async throws {
        try await people.admin.put("/v1/products/\(product.name)/keys/\(VersionOffice.version)/ota", bytes: nil)
        let purpose = "Certify the keys that \(factory.edge.id) made for \(product.name)"
        try await certify([product], at: [factory], purpose: purpose)
    }
}
