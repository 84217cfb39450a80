public import KeyCustody
import Matter
import Silicon
public import Statements
public import Vocabulary

/// Builds the manifest of a product version from its parts and checks that they belong together.
public struct ManifestMaker: Sendable {
    /// The files that a manifest is made from.
    public struct Parts: Sendable {
        public let firmware: [UInt8]
        /// The secure-boot key that the OEM named.
        public let secureBootKey: P256Point
        /// CMS.
        public let certificationDeclaration: [UInt8]
        /// DER of the PAA.
        public let paa: [UInt8]
        /// The ADAC root certificate.
        public let debugRoot: [UInt8]
        /// DER of the silicon vendor's roots.
        public let vendorRoots: [[UInt8]]

        public init(
            firmware: [UInt8],
            secureBootKey: P256Point,
            certificationDeclaration: [UInt8],
            paa: [UInt8],
            debugRoot: [UInt8],
            vendorRoots: [[UInt8]]
        ) {
            self.firmware = firmware
            self.secureBootKey = secureBootKey
            self.certificationDeclaration = certificationDeclaration
            self.paa = paa
            self.debugRoot = debugRoot
            self.vendorRoots = vendorRoots
        }
    }

    public struct Result: Sendable {
        public let manifest: Manifest
        /// The canonical octets whose SHA-256 approvals name.
        public let bytes: [UInt8]
        public let digest: Digest256
        /// False: the firmware file does not say its product, so the declaration stands, not proven.
        public let firmwareProvesProduct: Bool
    }

    private let description: ProductDescription
    private let parts: Parts
    private let profile: CustodyProfile

    public init(_ description: ProductDescription, parts: Parts, profile: CustodyProfile) {
        self.description = description
        self.parts = parts
        self.profile = profile
    }

    /// Throws `manifest.*`, `firmware.*`, `matter.declaration.*`, a `StatementError`.
    ///
    /// - Parameter token: the portal token, which holds the product keys.
    public func make(token: any Token) async throws -> Result {
        guard let family = ChipFamily(rawValue: description.family) else {
            throw Refusal(
                GovernanceError.familyUnknown,
                ChipFamily.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        let firmware = try checkedFirmware(family)
        try checkDeclaration()
        try checkPAA()
        try checkOnboarding()
        try checkTexts(family)
        guard description.chipIdentity != .vendorCertificate || family.hasVendorIdentity else {
            throw Refusal(GovernanceError.identityMismatch, family.rawValue)
        }
        let manifest = Manifest(
            product: description.product,
            version: description.version,
            vendorID: vendorID,
            productID: productID,
            deviceType: description.deviceType,
            family: description.family,
            firmware: Manifest.Firmware(
                format: family.firmwareFormat.rawValue,
                digest: firmware.fileDigest,
                size: firmware.size,
                verificationKey: parts.secureBootKey,
                softwareVersion: description.softwareVersion
            ),
            certificationDeclaration: Digest256.of(parts.certificationDeclaration),
            commissioning: description.commissioning,
            factoryData: description.factoryData,
            chipIdentity: description.chipIdentity,
            vendorRoots: parts.vendorRoots.map { Octets($0) },
            keys: try await keys(token),
            chipSecurity: try chipSecurity(family),
            paa: Octets(parts.paa)
        )
        let bytes = try StatementCoding.encode(manifest)
        // Read back as everybody else will, with its own validation and limits.
        guard try Manifest(parsing: bytes) == manifest else {
            throw Refusal(StatementError.inconsistent, "manifest reads back differently")
        }
        return Result(
            manifest: manifest,
            bytes: bytes,
            digest: Digest256.of(bytes),
            firmwareProvesProduct: firmware.product != nil
        )
    }

    private var vendorID: VendorID { VendorID(description.vendorID.value) }
    private var productID: ProductID { ProductID(description.productID.value) }

    private func chipSecurity(_ family: ChipFamily) throws -> Manifest.ChipSecurity {
        let root = try ADACCertificate(parsing: parts.debugRoot)
        guard root.fields.role == .root, root.isSigned(by: root.fields.key),
            try root.fields.permissions.contains(ADACPermissions(hex: description.debugPermissions)),
            description.socClass != 0
        else { throw Refusal(GovernanceError.debugRootDiffers, description.debugPermissions) }
        return Manifest.ChipSecurity(
            secureBootKey: parts.secureBootKey.keyID,
            debugRoot: root.fields.keyHash,
            socClass: description.socClass,
            debugPermissions: description.debugPermissions,
            openPortReadsKeys: family.keyStoreIsReadableThroughDebug
        )
    }

    private func checkedFirmware(_ family: ChipFamily) throws -> VerifiedFirmware {
        let firmware = try family.firmwareFormat.verify(parts.firmware, key: parts.secureBootKey)
        if let product = firmware.product {
            guard product.vendorID == vendorID, product.productID == productID,
                product.softwareVersion == description.softwareVersion
            else {
                throw Refusal(
                    GovernanceError.firmwareDiffers,
                    "\(product.vendorID)/\(product.productID) software version \(product.softwareVersion)"
                )
            }
        }
        return firmware
    }

    /// The declaration covers vendor, product and device type, is signed by a key that the profile accepts, and allows
    /// this PAA.
    private func checkDeclaration() throws {
        let signed = try SignedDeclaration(der: parts.certificationDeclaration)
        let test = profile == .lab ? [DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())] : []
        _ = try signed.verify(signers: DeclarationSigner.alliance + test)
        let declaration = signed.declaration
        guard declaration.vendorID == vendorID, declaration.productIDs.contains(productID) else {
            throw Refusal(
                GovernanceError.declarationDiffers,
                "\(declaration.vendorID)/\(declaration.productIDs.map(\.description).joined(separator: ","))"
            )
        }
        guard declaration.deviceType == description.deviceType else {
            throw Refusal(GovernanceError.declarationDiffers, "device type \(declaration.deviceType)")
        }
        if let origin = declaration.origin {
            guard origin.vendorID == vendorID, origin.productID == productID else {
                throw Refusal(GovernanceError.declarationDiffers, "origin \(origin.vendorID)/\(origin.productID)")
            }
        }
        guard let allowed = declaration.authorizedPAAs else { return }
        let paa = try AttestationCertificate(der: parts.paa)
        guard let identifier = paa.subjectKeyIdentifier, allowed.contains(identifier) else {
            throw Refusal(GovernanceError.declarationDiffers, "it does not allow this PAA")
        }
    }

    /// A QR code can be made of it, and a commissioner has a way to find the device.
    private func checkOnboarding() throws {
        let (told, discovery) = (
            description.commissioning, DiscoveryCapabilities(rawValue: description.commissioning.discovery)
        )
        guard let flow = CommissioningFlow(rawValue: told.flow), !discovery.isEmpty else {
            throw Refusal(MatterError.onboardingField, "flow \(told.flow), discovery \(told.discovery)")
        }
        _ = try OnboardingPayload(
            vendorID: vendorID,
            productID: productID,
            flow: flow,
            discovery: discovery,
            discriminator: Discriminator(0),
            passcode: Passcode(20_202_021)
        )
    }

    private func checkPAA() throws {
        let paa = try AttestationCertificate(der: parts.paa)
        try paa.check(as: .paa)
        guard paa.vendorID == vendorID else {
            throw Refusal(GovernanceError.scopeDiffers, paa.vendorID?.description ?? "no vendor id")
        }
    }

    /// Texts against the smallest limit of the family's factory data.
    private func checkTexts(_ family: ChipFamily) throws {
        let data = description.factoryData
        let format = family.factoryDataFormat
        let limits = FactoryDataLimits.of(format)
        guard data.encoding == format.rawValue else {
            throw Refusal(GovernanceError.familyUnknown, "factory data of \(family.rawValue) is \(format.rawValue)")
        }
        let texts = [
            ("vendorName", data.vendorName, 1, limits.vendorName),
            ("productName", data.productName, 1, limits.productName),
            ("productLabel", data.productLabel, 0, limits.productLabel),
            ("productURL", data.productURL, 0, limits.productURL),
            ("partNumber", data.partNumber, 0, limits.partNumber),
            ("hardwareVersionString", data.hardwareVersionString, 1, limits.hardwareVersionText),
        ]
        for (field, text, least, most) in texts where !(least...most).contains(text.utf8.count) {
            throw Refusal(GovernanceError.textTooLong, "\(field): \(text.utf8.count) octets, \(least) to \(most)")
        }
        if let limit = limits.certificationDeclaration, parts.certificationDeclaration.count > limit {
            throw Refusal(GovernanceError.textTooLong, "Certification Declaration, limit \(limit)")
        }
    }

    private func keys(_ token: any Token) async throws -> [Manifest.Key] {
        var keys: [Manifest.Key] = []
        for slot in description.keys {
            let name = KeyName.product(
                description.product,
                version: description.version,
                slot: slot.slot,
                kind: slot.kind
            )
            if profile == .production, try await token.isImportedInClear(name) {
                throw Refusal(GovernanceError.productKeyInClear, name.label)
            }
            let value = Hex.encode(try await token.checkValue(name))
            keys.append(Manifest.Key(slot: slot.slot, kind: slot.kind, checkValue: value))
        }
        return keys
    }
}
