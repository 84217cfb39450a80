public import Governance
public import Silicon
public import Statements
public import Vocabulary

/// The one reviewed file of a ceremony: what shall exist when it is over. `docs/formats/ceremony.md` describes it.
///
/// What exists and matches is left alone, what exists and differs is refused, what is missing is made. So the same file
/// grows over the years, and adding an officer or a product is a few more lines in it.
public struct CeremonyFile: Codable, Sendable, Hashable {
    public static let format = "obis-ceremony-v1"

    public struct Participant: Codable, Sendable, Hashable {
        public let name: String
        public let role: String
    }

    public struct TokenEntry: Codable, Sendable, Hashable {
        public let token: TokenReference
        /// True: where no such token exists, make it.
        public let initialize: Bool
    }

    public struct Tokens: Codable, Sendable, Hashable {
        public let ceremony: TokenEntry
        public let portal: TokenEntry
    }

    /// A key that can be renewed: generation 1 is the first.
    public struct Generation: Codable, Sendable, Hashable {
        public let generation: Int
    }

    public struct Officer: Codable, Sendable, Hashable {
        public let name: OfficerName
        /// 130 hexadecimal digits, as `obis officer-key` prints them.
        public let key: P256Point
    }

    public struct Roles: Codable, Sendable, Hashable {
        /// The newest version leaves it alone; one more makes the successor.
        public let version: Int
        public let officers: [Officer]
        public let threshold: Int
        public let issuedAt: Instant
        public let expiresAt: Instant
        /// Generation of authorizer, portal and label-record key together.
        public let portalKeys: Generation
    }

    public struct PAA: Codable, Sendable, Hashable {
        public let vendorID: FourDigits
        public let commonName: String
        public let notBefore: Instant
    }

    public struct DebugRoot: Codable, Sendable, Hashable {
        /// 16 octets in hexadecimal: what no certificate under it can exceed.
        public let permissions: ADACPermissions
    }

    public struct FirmwareKey: Codable, Sendable, Hashable {
        public let name: KeySlot
    }

    public struct ProductKey: Codable, Sendable, Hashable {
        public let product: ProductName
        /// The product version that the key is for: a version has at most one key a slot.
        public let version: String
        public let slot: KeySlot
        public let kind: Manifest.Key.Kind
        /// Lab only: a file with a known value in hexadecimal, so that a test can search for it.
        public let knownValueFile: String?
    }

    public struct EdgeHSM: Codable, Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        /// Path of the enrolment request that the appliance made.
        public let request: String
        /// First 16 digits of the identity key's id, read from the appliance itself.
        public let identity: String
    }

    public struct Product: Codable, Sendable, Hashable {
        public let product: ProductName
        public let edgeHSM: EdgeHSMID
        public let vendorID: FourDigits
        public let productID: FourDigits
        /// 1, 2, …: which renewal of the PAI for this preparation this is; absent: its first.
        public let renewal: Int?
        /// Path of the `ProductPreparation` envelope.
        public let preparation: String
        public let commonName: String
        public let notBefore: Instant
        public let socClass: UInt32
        /// Largest debug permissions of the product, 16 octets in hexadecimal.
        public let permissions: ADACPermissions
    }

    public let format: String
    public let oem: String
    public let purpose: String
    public let profile: CustodyProfile
    public let participants: [Participant]
    public let tokens: Tokens
    public let rootAuthority: Generation
    public let roleKeys: Roles?
    public let paa: PAA?
    public let debugRoot: DebugRoot?
    public let firmwareKeys: [FirmwareKey]?
    public let productKeys: [ProductKey]?
    public let edgeHSMs: [EdgeHSM]?
    public let products: [Product]?

    /// Throws `ceremony.file.*`, `ceremony.participants.too-few`, `ceremony.token.pin-files`,
    /// `ceremony.profile.lab-only`.
    public static func read(_ bytes: [UInt8]) throws -> CeremonyFile {
        let file = try ReviewedJSON.decode(CeremonyFile.self, from: bytes)
        try file.validate()
        return file
    }

    private func validate() throws {
        func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw Refusal(GovernanceError.fileMalformed, detail) }
        }
        try require(format == Self.format, "format is not \(Self.format)")
        try require((1...500).contains(purpose.utf8.count), "purpose")
        guard participants.count >= 2, Set(participants.map(\.name)).count == participants.count else {
            throw Refusal(CeremonyError.participants, "\(participants.count) listed")
        }
        try require(tokens.ceremony.token.label != tokens.portal.token.label, "one token for two purposes")
        try require((1...64).contains(rootAuthority.generation), "rootAuthority.generation")
        try require(roleKeys.map { (1...64).contains($0.portalKeys.generation) } ?? true, "portalKeys.generation")
        try require(unique(firmwareKeys?.map(\.name.text)), "a firmware key is listed twice")
        try require(
            unique(productKeys?.map { "\($0.product)/\($0.version)/\($0.slot)" }),
            "a product key is listed twice"
        )
        try require(unique(edgeHSMs?.map(\.edgeHSM.text)), "an EdgeHSM is listed twice")
        try require(
            unique(products?.map { "\($0.edgeHSM)/\($0.product)/\($0.renewal ?? 0)" }),
            "a product is listed twice"
        )
        try require((products ?? []).allSatisfy { (1...64).contains($0.renewal ?? 1) }, "products: renewal")
        for entry in [tokens.ceremony, tokens.portal] {
            _ = try entry.token.userPINs()
            if entry.initialize || !(edgeHSMs ?? []).isEmpty && entry == tokens.portal {
                _ = try entry.token.officerPINs()
            }
        }
        guard profile == .production else { return }
        // One person with the whole PIN could do alone what two must do.
        guard try tokens.ceremony.token.userPINs().count >= 2 else {
            throw Refusal(GovernanceError.pinFiles, "the ceremony token's PIN must be split in production")
        }
        if let known = productKeys?.first(where: { $0.knownValueFile != nil }) {
            throw Refusal(CeremonyError.labOnly, "known value for \(known.product)/\(known.slot)")
        }
    }

    private func unique(_ names: [String]?) -> Bool { names.map { Set($0).count == $0.count } ?? true }
}
