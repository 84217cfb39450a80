public import Vocabulary

/// The content of a Certification Declaration (Matter 6.3.1): what the alliance certified.
public struct CertificationDeclaration: Sendable, Hashable {
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        case development = 0
        case provisional = 1
        case official = 2
    }

    /// Whose module's DAC a white-label product carries.
    public struct Origin: Sendable, Hashable {
        public let vendorID: VendorID
        public let productID: ProductID

        public init(vendorID: VendorID, productID: ProductID) {
            self.vendorID = vendorID
            self.productID = productID
        }
    }

    public let vendorID: VendorID
    /// 1 to 100.
    public let productIDs: [ProductID]
    public let deviceType: UInt32
    /// Exactly 19 characters, like ZIG20142ZB330001-24.
    public let certificateID: String
    /// 0 in every declaration that is in order; commissioners ignore it.
    public let securityLevel: UInt8
    /// 0 in every declaration that is in order; commissioners ignore it.
    public let securityInformation: UInt16
    /// The ledger's cdVersionNumber.
    public let versionNumber: UInt16
    public let kind: Kind
    public let origin: Origin?
    /// Subject key identifiers of 20 octets, 10 at most. Nil allows every PAA, an empty list none.
    public let authorizedPAAs: [[UInt8]]?

    /// Throws `matter.declaration.field-range`.
    public init(
        vendorID: VendorID,
        productIDs: [ProductID],
        deviceType: UInt32,
        certificateID: String,
        securityLevel: UInt8 = 0,
        securityInformation: UInt16 = 0,
        versionNumber: UInt16,
        kind: Kind,
        origin: Origin? = nil,
        authorizedPAAs: [[UInt8]]? = nil
    ) throws {
        guard (1...100).contains(productIDs.count) else {
            throw Refusal(MatterError.declarationRange, "\(productIDs.count) product ids, 1 to 100 are allowed")
        }
        guard certificateID.utf8.count == 19 else {
            throw Refusal(MatterError.declarationRange, "a certificate id has 19 characters")
        }
        guard authorizedPAAs?.count ?? 0 <= 10, authorizedPAAs?.allSatisfy({ $0.count == 20 }) ?? true else {
            throw Refusal(MatterError.declarationRange, "at most 10 PAA key identifiers of 20 octets")
        }
        self.vendorID = vendorID
        self.productIDs = productIDs
        self.deviceType = deviceType
        self.certificateID = certificateID
        self.securityLevel = securityLevel
        self.securityInformation = securityInformation
        self.versionNumber = versionNumber
        self.kind = kind
        self.origin = origin
        self.authorizedPAAs = authorizedPAAs
    }
}
