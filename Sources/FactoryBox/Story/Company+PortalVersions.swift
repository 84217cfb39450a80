import Foundation
import NIOHTTP1
import Silicon
import Statements
import Vocabulary

/// Products and versions in the portal: the OEM makes products, an ODM's engineer versions, and officers sign envelopes
/// that they fetched from there.
extension Company {
    /// The OEM's products, with firmware and declarations from the ODMs' engineers' desks beside them.
    func createProducts() async throws {
        let people = try required(people)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for product in products {
                tasks.addTask {
                    try await self.office.draftVersion(of: product)
                    try await self.createProduct(product, people)
                }
            }
            try await tasks.waitForAll()
        }
        narrator.passed("\(products.count) products, each with a workspace for each ODM")
    }

    func approveVersions() async throws {
        let people = try required(people)
        for product in products { try await submitVersion(product, people) }
        narrator.passed(
            "versions \(VersionOffice.version) of \(products.count) products submitted by the ODMs' engineers",
            "firmware under another key refused: firmware.key.mismatch"
        )
        for product in products {
            let units = quantity(of: product) + Site.spareUnits
            try await draftApproval(of: product, people, allotments: factories.map { ($0.edge.id, units) })
        }
        try await sign(products, people)
        narrator.passed(
            "locked by 2 of 3 officers",
            "each fetched the envelope from the portal and signed it on a machine of their own"
        )
    }

    nonisolated func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Refusal(FactoryBoxError.unexpected, "no portal yet") }
        return value
    }

    private nonisolated func octets(_ path: String) throws -> JSONTree {
        .text(Data(try Files.read(path)).base64EncodedString())
    }

    /// What stays fixed for the product, and who may see it.
    nonisolated func createProduct(_ product: ProductPlan, _ people: PortalPeople) async throws {
        let key = try Files.read(oem.state + "/public/firmware-signing-\(OEM.firmwareKey).pem")
        let roots: [JSONTree] =
            product.family.hasVendorIdentity ? [try octets(office.productFile(product, "vendor-root.der"))] : []
        try await people.admin.post(
            "/v1/products",
            [
                "product": .text(product.name), "title": .text("Example \(product.name)"), "lifetimeTotal": 10_000,
                "rules": ["largestBatch": 1_000, "chipIdentity": .text(product.chipIdentity)],
                "foundation": [
                    "vendorID": .integer(0xFFF1), "productID": .integer(Int(product.productID)),
                    "family": .text(product.family.rawValue),
                    "secureBootKey": .text(try OEM.point(inPEM: String(decoding: key, as: UTF8.self)).hex),
                    "paa": try octets(oem.state + "/paa/\(OEM.vendorID).der"),
                    "debugRoot": try octets(oem.state + "/debug/root.adac"), "vendorRoots": .list(roots),
                    "keySlots": [["slot": "ota", "kind": .text(product.keyKind)]],
                    "socClass": .integer(Int(product.socClass)),
                    "debugPermissions": .text((ADACPermissions.rework | .wipe).hex),
                    "serialPrefix": .text(product.serialPrefix),
                ],
            ]
        )
        for organisation in people.organisations.values {
            try await people.admin.post(
                "/v1/products/\(product.name)/workspaces",
                ["organisation": .text(organisation)]
            )
        }
    }

    /// Firmware under another key is refused; the right one makes a draft that goes to the officers.
    nonisolated func submitVersion(_ product: ProductPlan, _ people: PortalPeople) async throws {
        let engineer = try required(people.engineers[product.author.id])
        let declaration = try Files.read(office.productFile(product, "cd.der"))
        let cd = Digest256.of(declaration)
        try await engineer.put("/v1/declarations/\(cd.hex)", bytes: declaration, type: "application/octet-stream")
        for name in ["firmware.other.bin", "firmware.bin"] {
            let firmware = try Files.read(office.productFile(product, name))
            let digest = Digest256.of(firmware)
            try await engineer.put("/v1/firmware/\(digest.hex)", bytes: firmware, type: "application/octet-stream")
            do {
                try await engineer.post("/v1/products/\(product.name)/versions", version(product, digest, cd))
            } catch let refusal as PortalRefusal {
                guard name == "firmware.other.bin", refusal.code == "firmware.key.mismatch" else { throw refusal }
                continue
            }
            guard name == "firmware.bin" else {
                throw Refusal(FactoryBoxError.unexpected, "firmware under another key was taken")
            }
        }
        let place = Self.place(of: product)
        try await engineer.change(.POST, place + "/submit", of: place, nil)
    }

    private static func place(of product: ProductPlan) -> String {
        "/v1/products/\(product.name)/versions/\(VersionOffice.version)"
    }

    private nonisolated func version(_ product: ProductPlan, _ firmware: Digest256, _ cd: Digest256) -> JSONTree {
        [
            "version": .text(VersionOffice.version), "deviceType": .integer(Int(product.deviceType)),
            "softwareVersion": 1, "commissioning": ["flow": 0, "discovery": 4, "iterations": 1_000],
            "factoryData": [
                "encoding": "nordic-cbor", "vendorName": "Example Lighting", "productName": .text(product.name),
                "productLabel": "", "productURL": "https://example.com",
                "partNumber": .text("P-\(product.productIDText)"),
                "hardwareVersion": 1, "hardwareVersionString": "A1",
            ],
            "chipIdentity": .text(product.chipIdentity),
            "debugPermissions": .text((ADACPermissions.rework | .wipe).hex),
            "firmware": .text(firmware.hex), "declaration": .text(cd.hex),
        ]
    }

    /// An officer's proposal of what the officers are to sign.
    nonisolated func draftApproval(
        of product: ProductPlan,
        _ people: PortalPeople,
        allotments: [(edgeHSM: String, units: Int)]
    ) async throws {
        let place = Self.place(of: product)
        try await required(people.officers[oem.officers[1].name]).change(
            .PUT,
            place + "/approval",
            of: place,
            [
                "lifetimeTotal": 10_000,
                "allotments": .list(
                    allotments.map { ["edgeHSM": .text($0.edgeHSM), "units": .integer($0.units)] }
                ),
                "allowances": ["debugUnlocks": 8, "reprovisions": 4, "rotations": 4],
                "rules": ["largestBatch": 1_000, "chipIdentity": .text(product.chipIdentity)],
                "expiresAt": .text((oem.start + 60 * 86_400).description),
            ]
        )
    }

    /// Two officers at the same time, each at a machine of their own; the portal joins their signatures.
    nonisolated func sign(_ products: [ProductPlan], _ people: PortalPeople) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for signer in oem.officers.suffix(2) {
                tasks.addTask {
                    let officer = try self.required(people.officers[signer.name])
                    for product in products {
                        let place = Self.place(of: product) + "/approval"
                        let file = signer.host.path("\(product.name).approval.json")
                        try Files.write(try await officer.fetch(place).body, to: file)
                        try await self.oem.approve(file, by: [signer])
                        try await officer.post(place + "/signatures", bytes: Files.read(file))
                    }
                }
            }
            try await tasks.waitForAll()
        }
        for product in products {
            let state = try await people.admin.get(Self.place(of: product)).string("state")
            guard state == "locked" else {
                throw Refusal(FactoryBoxError.unexpected, "two signatures left \(product.name) \(state)")
            }
        }
    }
}

extension ProductPlan {
    /// How the chips of this product prove what they are.
    var chipIdentity: String { family.hasVendorIdentity ? "vendorCertificate" : "none" }
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
