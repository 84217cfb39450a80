public import Governance
import Matter
public import PortalProtocol
import Silicon
import Statements
public import Vocabulary

/// What a product may be made of.
public enum ProductDecision {
    public static let mostSlots = 8
    public static let mostVendorRoots = 4
    /// Octets of one certificate.
    public static let largestCertificate = 4_096

    /// Throws `portal.product.*`, `manifest.family.unknown`, `manifest.paa.scope`, `manifest.debug-root.differs`.
    public static func check(_ foundation: ProductFoundation) throws {
        func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw Refusal(VersionError.productFoundation, detail) }
        }
        guard let family = ChipFamily(rawValue: foundation.family.text) else {
            throw Refusal(
                GovernanceError.familyUnknown,
                "\(foundation.family); known are \(ChipFamily.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        try require(foundation.secureBootKey.signingKey != nil, "secureBootKey: not on the curve")
        let slots = foundation.keySlots
        try require(slots.count <= mostSlots && Set(slots.map(\.slot)).count == slots.count, "keySlots")
        try require(foundation.vendorRoots.count <= mostVendorRoots, "vendorRoots: \(mostVendorRoots) at most")
        try require(
            family.hasVendorIdentity || foundation.vendorRoots.isEmpty,
            "vendorRoots: \(family.rawValue) has none"
        )
        let certificates = [foundation.paa, foundation.debugRoot] + foundation.vendorRoots
        try require(
            certificates.allSatisfy { (1...largestCertificate).contains($0.bytes.count) },
            "a certificate is empty or larger than \(largestCertificate) octets"
        )
        let paa: AttestationCertificate
        do {
            paa = try AttestationCertificate(der: foundation.paa.bytes)
            try paa.check(as: .paa)
        } catch let refusal as Refusal {
            throw Refusal(VersionError.productFoundation, "paa: \(refusal.code) \(refusal.detail)")
        }
        guard paa.vendorID == foundation.vendorID else {
            throw Refusal(GovernanceError.scopeDiffers, paa.vendorID?.description ?? "no vendor id")
        }
        try checkDebugRoot(foundation)
    }

    private static func checkDebugRoot(_ foundation: ProductFoundation) throws {
        let root: ADACCertificate
        do { root = try ADACCertificate(parsing: foundation.debugRoot.bytes) } catch let refusal as Refusal {
            throw Refusal(GovernanceError.debugRootDiffers, "\(refusal.code) \(refusal.detail)")
        }
        guard root.fields.role == .root, root.isSigned(by: root.fields.key), foundation.socClass != 0,
            try root.fields.permissions.contains(ADACPermissions(hex: foundation.debugPermissions.text))
        else { throw Refusal(GovernanceError.debugRootDiffers, foundation.debugPermissions.text) }
    }

    /// Throws `portal.product.figures`.
    public static func check(_ rules: ProductRules, lifetimeTotal: UnitTotal, granted: Int) throws {
        func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw Refusal(VersionError.productFigures, detail) }
        }
        try require(rules.longestWindow.map { $0 >= 60 } ?? true, "longestWindow: 60 seconds at least")
        try require(rules.longestSilence.map { $0 >= 60 } ?? true, "longestSilence: 60 seconds at least")
        try require(
            rules.factories.map { $0.count <= 64 && Set($0).count == $0.count } ?? true,
            "factories: 64 at most, each once"
        )
        try require(lifetimeTotal.value >= granted, "lifetimeTotal: \(granted) are granted already")
    }

    /// What the manifest is made from: the ODM's description on the OEM's foundation. Throws
    /// `portal.version.permissions`.
    public static func description(
        of version: NewVersion,
        product: ProductName,
        _ foundation: ProductFoundation
    ) throws -> ProductDescription {
        let most = try ADACPermissions(hex: foundation.debugPermissions.text)
        guard try most.contains(ADACPermissions(hex: version.debugPermissions.text)) else {
            throw Refusal(VersionError.versionPermissions, version.debugPermissions.text)
        }
        return ProductDescription(
            product: product,
            version: version.version.text,
            vendorID: FourDigits(foundation.vendorID.value),
            productID: FourDigits(foundation.productID.value),
            deviceType: version.deviceType,
            family: foundation.family.text,
            softwareVersion: version.softwareVersion,
            commissioning: version.commissioning,
            factoryData: version.factoryData,
            chipIdentity: version.chipIdentity,
            keys: foundation.keySlots.map { ProductDescription.Slot(slot: $0.slot, kind: $0.kind) },
            socClass: foundation.socClass,
            debugPermissions: version.debugPermissions.text
        )
    }

    /// Vendor roots stand in a manifest only where the version asks for a vendor certificate.
    public static func parts(
        _ foundation: ProductFoundation,
        for version: NewVersion,
        firmware: [UInt8],
        declaration: [UInt8]
    ) -> ManifestMaker.Parts {
        ManifestMaker.Parts(
            firmware: firmware,
            secureBootKey: foundation.secureBootKey,
            certificationDeclaration: declaration,
            paa: foundation.paa.bytes,
            debugRoot: foundation.debugRoot.bytes,
            vendorRoots: version.chipIdentity == .vendorCertificate ? foundation.vendorRoots.map(\.bytes) : []
        )
    }
}
