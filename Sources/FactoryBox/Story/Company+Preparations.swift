import Foundation
import Vocabulary

/// Products come to EdgeHSMs: the portal asks, keys are made there, the OEM's ceremony certifies them. By link or by stick.
extension Company {
    func prepareProducts() async throws {
        try await certify(
            products,
            at: factories,
            purpose: "Certify the keys that five EdgeHSMs made for their products"
        )
        narrator.passed(
            "\(plan.products.count) PAIs and debug intermediates certified",
            "their keys were made in the EdgeHSMs' tokens; nobody travelled"
        )
    }

    /// Until the certificates are in the EdgeHSMs.
    func certify(_ products: [ProductPlan], at factories: [Factory], purpose: String) async throws {
        let people = try required(people)
        let folder = try world.folder("oem", "preparations")
        try await each(factories) { factory in
            for product in products {
                try await people.admin.post(
                    "/v1/edges/\(factory.edge.id)/preparations",
                    ["product": .text(product.name)]
                )
            }
            if !factory.profile.hasLink {
                try await self.carryDown(to: factory, people)
                try await self.carryUp(from: factory, people)
            }
            try await self.prepared(products, at: factory, people) { !$0["receivedAt"].isNull }
            for product in products {
                let path = "/v1/edges/\(factory.edge.id)/preparations/\(product.name)"
                let file = Self.preparation(of: product, at: factory, in: folder)
                try Files.write(try await people.admin.fetch(path).body, to: file)
            }
        }
        for factory in factories {
            for product in products {
                let file = Self.preparation(of: product, at: factory, in: folder)
                plan.add(product, at: factory.edge.id, preparation: file, start: oem.start)
            }
        }
        _ = try await oem.hold(plan, purpose: purpose)
        try await each(factories) { factory in
            for product in products {
                let certificates = self.oem.certificates(of: product.name, at: factory.edge.id)
                try await people.admin.put(
                    "/v1/edges/\(factory.edge.id)/certificates/\(product.name)",
                    bytes: Files.read(certificates)
                )
            }
            if !factory.profile.hasLink {
                try await self.carryDown(to: factory, people)
                // With the journal's word that they are installed.
                try await self.carryUp(from: factory, people)
            }
            try await self.prepared(products, at: factory, people) { !$0["certificates"]["installedAt"].isNull }
        }
    }

    private static func preparation(of product: ProductPlan, at factory: Factory, in folder: String) -> String {
        "\(folder)/\(factory.edge.id)-\(product.name).json"
    }

    private nonisolated func each(
        _ factories: [Factory],
        _ body: @escaping @Sendable (Factory) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for factory in factories { tasks.addTask { try await body(factory) } }
            try await tasks.waitForAll()
        }
    }

    /// Until the portal says so of all of these products at the factory's EdgeHSM.
    private nonisolated func prepared(
        _ products: [ProductPlan],
        at factory: Factory,
        _ people: PortalPeople,
        _ isSo: (JSONTree) -> Bool
    ) async throws {
        let names = Set(products.map(\.name))
        try await eventually("\(factory.edge.id) and its products") {
            let all = try await people.admin.all("/v1/edges/\(factory.edge.id)/preparations")
            return try Set(all.filter(isSo).map { try $0.string("product") }).isSuperset(of: names)
        }
    }
}
