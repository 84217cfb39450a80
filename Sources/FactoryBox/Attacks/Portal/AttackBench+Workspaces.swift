import Foundation
import NIOHTTP1
import Vocabulary

/// An ODM that knows the names of another's objects learns nothing from the portal, not even that they exist.
extension AttackBench {
    func attackWorkspaces() async throws {
        let portal = try portal()
        let version = "/v1/products/\(Self.product.name)/versions"
        let batch = try await portal.admin.all("/v1/batches").first.map { try $0.string("id") } ?? ""
        let unit = try await unit(in: portal)
        let factory = "/v1/factories/" + edge.factory
        // Each with the id that is another's, and with one that is nobody's.
        let attempts: [(Attack, id: String, nobodys: String, paths: [String])] = [
            (.foreignProduct, Self.product.name, "plum", ["/v1/products/\(Self.product.name)", version]),
            (
                .foreignVersion, Self.product.name, "plum",
                ["", "/manifest", "/review"].map { version + "/\(VersionOffice.version)" + $0 }
            ),
            (
                .foreignBatch, batch, Self.stranger(batch),
                ["", "/package", "/reconciliation"].map { "/v1/batches/\(batch)" + $0 }
            ),
            (.foreignUnit, unit, Self.stranger(unit), ["", "/proof"].map { "/v1/units/\(unit)" + $0 }),
            (.foreignFactory, edge.factory, "factory-9", [factory, factory + "/certificates"]),
        ]
        let (own, other) = (try portal.manager(of: .brightline), try portal.manager(of: .norda))
        for (attack, id, nobodys, paths) in attempts {
            try await self.attack(attack) {
                throw try await self.refusal(of: other, paths) { $0.replacing(id, with: nobodys) }
            } mended: {
                for path in paths { _ = try await own.fetch(path) }
            }
        }
    }

    /// The one answer to all paths, which must be that to the changed path, octet by octet.
    private func refusal(
        of client: PortalClient,
        _ paths: [String],
        changed: (String) -> String
    ) async throws -> PortalRefusal {
        let request = [("x-request-id", UUID().uuidString)]
        var refusals: [PortalRefusal] = []
        for path in paths {
            let asked = try await client.send(.GET, path, headers: request)
            let nobodys = try await client.send(.GET, changed(path), headers: request)
            guard asked.status == 404, asked.status == nobodys.status, asked.body == nobodys.body else {
                let words = String(decoding: asked.body, as: UTF8.self) + String(decoding: nobodys.body, as: UTF8.self)
                throw Refusal(FactoryBoxError.unexpected, "\(path): \(asked.status), \(nobodys.status): \(words)")
            }
            refusals.append(PortalRefusal(status: asked.status, body: asked.body))
        }
        guard let first = refusals.first else { throw Refusal(FactoryBoxError.unexpected, "nothing asked") }
        return first
    }

    /// A unit that the attacked EdgeHSM has issued.
    private func unit(in portal: AttackedPortal) async throws -> String {
        guard let chip = chipOfDelta,
            let unit = try await portal.admin.get("/v1/units?chip=\(chip.uid.hex)")["units"].list.first
        else { throw Refusal(FactoryBoxError.unexpected, "no unit in the portal") }
        return try unit.string("id")
    }

    /// An id of the same form that nobody has.
    private static func stranger(_ id: String) -> String {
        guard let last = id.last else { return "" }
        return id.dropLast() + (last == "a" ? "b" : "a")
    }
}
