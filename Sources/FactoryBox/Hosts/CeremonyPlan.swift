import Foundation
import Silicon
import Vocabulary

/// What the OEM wants to exist; it only grows. The reviewed file is made from it.
struct CeremonyPlan: Sendable {
    struct ProductKey: Encodable, Sendable {
        let product: String
        let version: String
        let slot: String
        let kind: String
        var knownValueFile: String?
    }

    struct EdgeHSM: Encodable, Sendable {
        let edgeHSM: String
        let factory: String
        let request: String
        let identity: String
    }

    struct Product: Encodable, Sendable {
        let product: String
        let edgeHSM: String
        let vendorID: String
        let productID: String
        let preparation: String
        let commonName: String
        let notBefore: Instant
        let socClass: UInt32
        let permissions: String
    }

    var roleKeysVersion = 1
    var officers: [OEM.Officer]
    var expiresAt: Instant
    var productKeys: [ProductKey] = []
    var edgeHSMs: [EdgeHSM] = []
    var products: [Product] = []

    init(officers: [OEM.Officer], expiresAt: Instant) {
        self.officers = officers
        self.expiresAt = expiresAt
    }

    /// The first ceremony's: officers for these days, and the keys of these products' first versions.
    static func first(of oem: OEM, products: [ProductPlan], days: Int64 = 30) throws -> CeremonyPlan {
        var plan = CeremonyPlan(officers: oem.officers, expiresAt: oem.start + days * 86_400)
        for product in products { try plan.add(product, of: oem) }
        return plan
    }

    mutating func add(_ product: ProductPlan, of oem: OEM) throws {
        let file = oem.ceremonyRoom.path(product.name + ".known-key")
        if let known = product.knownKey { try Files.write(known + "\n", to: file) }
        productKeys.append(
            ProductKey(
                product: product.name,
                version: VersionOffice.version,
                slot: "ota",
                kind: product.keyKind,
                knownValueFile: product.knownKey == nil ? nil : file
            )
        )
    }

    /// A product's keys at an EdgeHSM, to be certified from the file that the box made.
    mutating func add(_ product: ProductPlan, at edgeHSM: String, preparation: String, start: Instant) {
        products.append(
            Product(
                product: product.name,
                edgeHSM: edgeHSM,
                vendorID: OEM.vendorID,
                productID: product.productIDText,
                preparation: preparation,
                commonName: "Example \(product.name) PAI \(edgeHSM)",
                notBefore: start + -3_600,
                socClass: product.socClass,
                permissions: ADACPermissions.all.hex
            )
        )
    }

    /// The file as `obis ceremony` reads it (docs/formats/ceremony.md).
    struct File: Encodable {
        struct Participant: Encodable {
            let name: String
            let role: String
        }
        struct TokenEntry: Encodable {
            let token: TokenFile
            let initialize = true
        }
        struct Tokens: Encodable {
            let ceremony: TokenEntry
            let portal: TokenEntry
        }
        struct Generation: Encodable {
            let generation = 1
        }
        struct Officer: Encodable {
            let name: String
            let key: String
        }
        struct Roles: Encodable {
            let version: Int
            let officers: [Officer]
            let threshold = 2
            let issuedAt: Instant
            let expiresAt: Instant
            let portalKeys = Generation()
        }
        struct PAA: Encodable {
            let vendorID: String
            let commonName = "Example Lighting PAA"
            let notBefore: Instant
        }
        struct DebugRoot: Encodable {
            let permissions = String(repeating: "f", count: 32)
        }
        struct FirmwareKey: Encodable {
            let name: String
        }

        let format = "obis-ceremony-v1"
        let oem = "Example Lighting"
        let purpose: String
        let profile = "lab"
        let participants = [
            Participant(name: "Alice", role: "key keeper"), Participant(name: "Bob", role: "key keeper"),
        ]
        let tokens: Tokens
        let rootAuthority = Generation()
        let roleKeys: Roles
        let paa: PAA
        let debugRoot = DebugRoot()
        let firmwareKeys = [FirmwareKey(name: OEM.firmwareKey), FirmwareKey(name: OEM.otherFirmwareKey)]
        let productKeys: [ProductKey]
        let edgeHSMs: [EdgeHSM]
        let products: [Product]

        init(_ plan: CeremonyPlan, purpose: String, oem: OEM) {
            self.purpose = purpose
            tokens = Tokens(
                ceremony: TokenEntry(
                    token: oem.ceremonyRoom.reference(
                        "ceremony",
                        pinFiles: OEM.ceremonyPINs,
                        officerPINFile: "ceremony.so-pin"
                    )
                ),
                portal: TokenEntry(
                    token: oem.ceremonyRoom.reference(
                        "portal",
                        pinFiles: ["portal.pin"],
                        officerPINFile: "portal.so-pin"
                    )
                )
            )
            roleKeys = Roles(
                version: plan.roleKeysVersion,
                officers: plan.officers.map { Officer(name: $0.name, key: $0.key) },
                issuedAt: oem.start + -3_600,
                expiresAt: plan.expiresAt
            )
            paa = PAA(vendorID: OEM.vendorID, notBefore: oem.start + -86_400)
            productKeys = plan.productKeys
            edgeHSMs = plan.edgeHSMs
            products = plan.products
        }
    }
}
