import Foundation
import Silicon
import Vocabulary

/// Products and versions in the portal: the OEM makes products, an ODM's engineer versions, and officers sign envelopes
/// that they fetched from there.
extension Company {
    nonisolated func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Refusal(FactoryBoxError.unexpected, "something is missing that should be there") }
        return value
    }

    private nonisolated func versions(_ people: PortalPeople) -> PortalVersions {
        PortalVersions(oem: oem, office: office, admin: people.admin)
    }

    /// The OEM's products, with firmware and declarations from the ODMs' engineers' desks beside them.
    func createProducts() async throws {
        let people = try required(people)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for product in products { tasks.addTask { try await self.create(product, people) } }
            try await tasks.waitForAll()
        }
        narrator.passed("\(products.count) products, each with a workspace for each ODM")
    }

    nonisolated func create(_ product: ProductPlan, _ people: PortalPeople) async throws {
        try await office.draftVersion(of: product)
        let workspaces = Array(people.organisations.values)
        try await versions(people).create(product, rules: product.rules, workspaces: workspaces)
    }

    func approveVersions() async throws {
        let people = try required(people)
        for product in products { try await submit(product, people) }
        narrator.passed(
            "versions \(VersionOffice.version) of \(products.count) products submitted by the ODMs' engineers",
            "firmware under another key refused: firmware.key.mismatch"
        )
        for product in products {
            let units = allotment(of: product)
            try await propose(product, people, allotments: factories.map { ($0.edge.id, units) })
        }
        try await sign(products, people)
        narrator.passed(
            "locked by 2 of 3 officers",
            "each fetched the envelope from the portal and signed it on a machine of their own"
        )
    }

    /// Firmware under another key is refused; the right one makes a draft that goes to the officers.
    nonisolated func submit(_ product: ProductPlan, _ people: PortalPeople) async throws {
        let engineer = try required(people.engineers[product.author.id])
        do {
            try await versions(people).draft(product, firmware: "firmware.other.bin", by: engineer)
            throw Refusal(FactoryBoxError.unexpected, "firmware under another key was taken")
        } catch let refusal as PortalRefusal {
            guard refusal.code == "firmware.key.mismatch" else { throw refusal }
        }
        try await versions(people).submit(product, by: engineer)
    }

    /// One of the officers proposes what they are to sign.
    nonisolated func propose(
        _ product: ProductPlan,
        _ people: PortalPeople,
        allotments: [(edgeHSM: String, units: Int)]
    ) async throws {
        let officer = try required(people.officers[oem.officers[1].name])
        try await versions(people).propose(product, rules: product.rules, allotments: allotments, by: officer)
    }

    /// Two officers at the same time, each at a machine of their own; the portal joins their signatures.
    nonisolated func sign(_ products: [ProductPlan], _ people: PortalPeople) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for signer in oem.officers.suffix(2) {
                tasks.addTask {
                    let officer = try self.required(people.officers[signer.name])
                    for product in products {
                        try await self.versions(people).sign(product, by: signer, as: officer)
                    }
                }
            }
            try await tasks.waitForAll()
        }
        for product in products { try await versions(people).requireLocked(product) }
    }
}

extension ProductPlan {
    /// How the chips of this product prove what they are.
    var chipIdentity: String { family.hasVendorIdentity ? "vendorCertificate" : "none" }

    /// Of the product in the portal, and of its approvals.
    fileprivate var rules: JSONTree { ["largestBatch": 1_000, "chipIdentity": .text(chipIdentity)] }
}

extension OEM {
    /// The point in a P-256 public key, PEM.
    static func point(inPEM text: String) throws -> P256Point {
        let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let der = Data(base64Encoded: body), der.count >= P256Point.size else {
            throw Refusal(FactoryBoxError.unexpected, "no P-256 key in a PEM file")
        }
        return try P256Point(Array(der.suffix(P256Point.size)))
    }
}
