import Foundation
import Statements
import Vocabulary

/// Versions, batches, and the lines at work.
extension Company {
    func approveVersions() async throws {
        for product in products {
            let units = quantity(of: product) + Site.spareUnits
            try await office.approveVersion(of: product, allotments: factories.map { ($0.edge.id, units) })
        }
        narrator.passed(
            "versions \(VersionOffice.version) approved by 2 of 3 officers",
            "each read words and octets first; firmware under a wrong key refused"
        )
    }

    /// Devices of the product that one factory makes.
    func quantity(of product: ProductPlan) -> Int {
        product.name == products[0].name ? scale.bulbs : scale.plugs
    }

    /// One batch a product; the first factory makes its bulbs in two.
    private func orders(for factory: Factory) -> [BatchOrder] {
        let index = factories.firstIndex { $0.profile.id == factory.profile.id } ?? 0
        return products.flatMap { product -> [BatchOrder] in
            let quantity = quantity(of: product)
            var whole = office.order(product, at: factory.edge)
            whole.name = "\(product.name)-\(factory.profile.id)"
            whole.quantity = quantity
            whole.firstSerial = index * quantity + 1
            guard index == 0, product.name == products[0].name else { return [whole] }
            var (first, second) = (whole, whole)
            first.quantity = quantity / 2
            // One unlock only: what is beyond it is refused.
            second.name += "-b"
            second.quantity = quantity - first.quantity
            second.firstSerial = whole.firstSerial + first.quantity
            second.debugUnlocks = 1
            return [first, second]
        }
    }

    func authorizeBatches() async throws {
        for factory in factories {
            for (station, order) in orders(for: factory).enumerated() {
                let (package, _) = try await office.authorize(order)
                try factory.host.drop(package, as: order.name + ".package")
                try await factory.plan(order, station: station)
            }
            for product in products {
                try factory.host.drop(office.productFile(product, "firmware.bin"), as: product.name + ".firmware")
            }
        }
        _ = try await everywhere { try await $0.host.inboxIsEmpty() }
        narrator.passed("packages and firmware taken in", "the Factory Services could open neither seal")
    }

    /// All factories at once, with a bar each.
    func produce() async throws {
        let factories = factories
        let board = ProgressBoard(narrator) {
            var rows: [ProgressRow] = []
            for factory in factories {
                rows.append(
                    ProgressRow(
                        name: factory.profile.title,
                        done: factory.progress.passed,
                        total: await factory.quantity,
                        note: "\(await factory.batches.count) batches, \(factory.profile.localTime())"
                    )
                )
            }
            return rows
        }
        let showing = Task { await board.run() }
        do {
            _ = try await everywhere { try await $0.produce() }
        } catch {
            showing.cancel()
            await showing.value
            throw error
        }
        showing.cancel()
        await showing.value
        let made = factories.map(\.progress.passed).reduce(0, +)
        guard made == scale.devices * factories.count else {
            throw Refusal(FactoryBoxError.unexpected, "\(made) devices passed")
        }
        narrator.passed("\(made) devices made, all passed", "\(factories.count) factories at once")
    }
}
