import Foundation
import Statements
import Vocabulary

/// Batches: asked for by the ODMs' production managers, granted and packed by the portal, fetched by the Factory Services.
extension Company {
    /// What a production manager asks for.
    struct Wish: Sendable {
        var product: ProductPlan
        var name: String
        var quantity: Int
        var debugUnlocks = 2
        var shift = 1
    }

    /// Devices of the product that one factory makes.
    nonisolated func quantity(of product: ProductPlan) -> Int {
        product.name == products[0].name ? scale.bulbs : scale.plugs
    }

    /// Units that each EdgeHSM is allotted: the story's, what it leaves over, and of the first product the night shift's.
    nonisolated func allotment(of product: ProductPlan) -> Int {
        quantity(of: product) + Site.spareUnits + (product.name == products[0].name ? Self.night.units : 0)
    }

    /// One batch a product; two factories make their bulbs in two: one at the same time, one in two shifts.
    private nonisolated func wishes(for factory: Factory) -> [Wish] {
        let index = factories.firstIndex { $0.profile.id == factory.profile.id } ?? 0
        return products.flatMap { product -> [Wish] in
            let quantity = quantity(of: product)
            let whole = Wish(product: product, name: "\(product.name)-\(factory.profile.id)", quantity: quantity)
            guard product.name == products[0].name, [0, Self.newcomersPlace].contains(index) else { return [whole] }
            var (first, second) = (whole, whole)
            first.quantity = quantity / 2
            second.name += "-b"
            second.quantity = quantity - first.quantity
            if index == 0 {
                // One unlock only: what is beyond it is refused.
                second.debugUnlocks = 1
            } else {
                second.shift = 2
            }
            return [first, second]
        }
    }

    func grantBatches() async throws {
        let people = try required(people)
        let grants = try await everywhere { factory in
            var grants: [GrantedBatch] = []
            for (station, wish) in self.wishes(for: factory).enumerated() {
                let grant = try await self.grant(wish, at: factory, people)
                grants.append(grant)
                try await factory.plan(grant, station: station, shift: wish.shift)
            }
            try await self.deliver(grants, to: factory, people)
            return grants
        }
        let all = grants.flatMap { $0 }
        narrator.passed(
            "\(all.count) batches of \(all.map(\.quantity).reduce(0, +)) units granted to the ODMs' production managers",
            "serial numbers, authorizations and sealed packages by the portal"
        )
        let linked = factories.filter(\.profile.hasLink).count
        narrator.passed(
            "\(linked) factories fetched packages and firmware, \(factories.count - linked) got them by stick",
            "the Factory Services could open neither seal"
        )
    }

    nonisolated func grant(_ wish: Wish, at factory: Factory, _ people: PortalPeople) async throws -> GrantedBatch {
        func allowance(_ count: Int) -> JSONTree {
            ["count": .integer(count), "notAfter": .text((oem.start + 15 * 86_400).description)]
        }
        let answer = try await people.manager(of: factory.profile).post(
            "/v1/batches",
            [
                "batch": .text(wish.name), "product": .text(wish.product.name),
                "version": .text(VersionOffice.version), "edgeHSM": .text(factory.edge.id),
                "quantity": .integer(wish.quantity), "notBefore": .text((oem.start + -300).description),
                "notAfter": .text((oem.start + 7 * 86_400).description),
                "debugUnlocks": allowance(wish.debugUnlocks), "reprovisions": allowance(1), "rotations": allowance(1),
            ]
        )
        return try GrantedBatch(answer, of: wish.product)
    }

    /// Until the EdgeHSM has loaded these batches and the Factory Service has their firmware.
    nonisolated func deliver(_ grants: [GrantedBatch], to factory: Factory, _ people: PortalPeople) async throws {
        let manager = try people.manager(of: factory.profile)
        if factory.profile.hasLink {
            // The journal says so, and the portal has read it.
            try await eventually("\(factory.profile.id) loads its batches") {
                for grant in grants {
                    let state = try await manager.get("/v1/batches/\(grant.id)").string("state")
                    if state != "loaded" { return false }
                }
                return true
            }
        } else {
            for grant in grants {
                try await eventually("the package of \(grant.name)") {
                    try await !manager.get("/v1/batches/\(grant.id)")["package"].isNull
                }
            }
            try await carryDown(to: factory, people)
        }
        let firmware = try Set(
            grants.map { try Digest256.of(Files.read(office.productFile($0.product, "firmware.bin"))) }
        )
        try await eventually("firmware at \(factory.profile.id)") {
            firmware.allSatisfy { FileManager.default.fileExists(atPath: factory.host.firmware + "/" + $0.hex) }
        }
    }

    // MARK: By stick

    /// All that the factory lacks, from the portal into the inbox.
    nonisolated func carryDown(to factory: Factory, _ people: PortalPeople) async throws {
        let path = "/v1/factories/\(factory.profile.id)/downlink"
        let archive = try await people.manager(of: factory.profile).fetch(path).body
        try await factory.host.unpack(archive)
    }

    /// What the portal lacks, from the factory to the portal. Returns how many journal entries the file held.
    @discardableResult
    nonisolated func carryUp(from factory: Factory, _ people: PortalPeople) async throws -> Int {
        let file = try await factory.host.bundle()
        let receipt = try await people.manager(of: factory.profile).upload(
            "/v1/factories/\(factory.profile.id)/uploads",
            Files.read(file),
            type: "application/x-ndjson"
        )
        return try receipt.integer("entries")
    }
}
