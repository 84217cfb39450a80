public import LineProtocol
public import Statements
public import Vocabulary

// What the engine has executed with keys, and what it expects of whoever executes.
//
// The engine decides (through `EdgeHSMCore`), keeps the journal and the anchor, and releases replies. It holds no key
// and builds no certificate: it hands facts that are already authorized to an `Execution` and journals what comes back
// before anything leaves the process. So every method here
// - is called outside the writer's turn, by many requests at one time;
// - changes nothing that a second call with the same arguments would not find and accept (a crash may come at any
//   point between the call and the commit, and the request then comes again);
// - throws a `Refusal`: `key.*` codes stop issuing until the token is back, any other ends this request only.

/// A package after every check that needs no counter: signatures, seal, digests, names, scope, and consistency.
public struct OpenedPackage: Sendable {
    /// Statement id of the `ProductionPackage`.
    public let package: Digest256
    public let authorization: Verified<ProductionAuthorization>
    public let approval: Verified<VersionApproval>
    public let manifest: Manifest
    /// The manifest's exact octets; the approval names their digest.
    public let manifestBytes: [UInt8]
    public let certificationDeclaration: [UInt8]
    public let keys: [PackageContents.WrappedKey]

    public init(
        package: Digest256,
        authorization: Verified<ProductionAuthorization>,
        approval: Verified<VersionApproval>,
        manifest: Manifest,
        manifestBytes: [UInt8],
        certificationDeclaration: [UInt8],
        keys: [PackageContents.WrappedKey]
    ) {
        self.package = package
        self.authorization = authorization
        self.approval = approval
        self.manifest = manifest
        self.manifestBytes = manifestBytes
        self.certificationDeclaration = certificationDeclaration
        self.keys = keys
    }
}

/// A loaded batch with all that its units are made from.
public struct Batch: Sendable {
    /// Statement id of the authorization.
    public let id: Digest256
    public let authorization: ProductionAuthorization
    public let approval: VersionApproval
    public let manifest: Manifest
    public let certificationDeclaration: [UInt8]
    /// The product's certificates as installed; nil while there are none.
    public let certificates: CertificatesInstalled?

    public init(
        id: Digest256,
        authorization: ProductionAuthorization,
        approval: VersionApproval,
        manifest: Manifest,
        certificationDeclaration: [UInt8],
        certificates: CertificatesInstalled?
    ) {
        self.id = id
        self.authorization = authorization
        self.approval = approval
        self.manifest = manifest
        self.certificationDeclaration = certificationDeclaration
        self.certificates = certificates
    }
}

/// What a chip's CSR proves. UID and nonce are compared with the unit's by the core.
public struct DeviceFacts: Sendable, Hashable {
    public let publicKey: P256Point
    public let agreementKey: P256Point
    public let chipUID: ChipUID
    public let nonce: Nonce
    /// SHA-256 of the CSR.
    public let request: Digest256

    public init(
        publicKey: P256Point,
        agreementKey: P256Point,
        chipUID: ChipUID,
        nonce: Nonce,
        request: Digest256
    ) {
        self.publicKey = publicKey
        self.agreementKey = agreementKey
        self.chipUID = chipUID
        self.nonce = nonce
        self.request = request
    }
}

/// A signed certificate that does not count yet, with the commitment to the unit's secrets.
public struct SignedCredential: Sendable {
    /// DER.
    public let dac: [UInt8]
    /// SHA-256(blind ‖ unit secrets).
    public let commitment: Digest256

    public init(dac: [UInt8], commitment: Digest256) {
        self.dac = dac
        self.commitment = commitment
    }
}

/// A counted unit, as the journal has it.
public struct IssuedUnit: Sendable, Hashable {
    public let id: Digest256
    public let authorization: Digest256
    public let chipUID: ChipUID
    public let generation: UInt32
    public let index: Int
    public let serial: DeviceSerial
    /// When the unit was counted; its day is the manufacturing date in the factory data.
    public let issuedAt: Instant
    /// DER of the live DAC (the newest rotation's, where there was one).
    public let dac: [UInt8]
    /// SHA-256 of the CSR of the live DAC.
    public let request: Digest256
    public let agreementKey: P256Point
    public let commitment: Digest256
    /// SHA-256 of the factory data given, once it was.
    public let factoryData: Digest256?

    public init(
        id: Digest256,
        authorization: Digest256,
        chipUID: ChipUID,
        generation: UInt32,
        index: Int,
        serial: DeviceSerial,
        issuedAt: Instant,
        dac: [UInt8],
        request: Digest256,
        agreementKey: P256Point,
        commitment: Digest256,
        factoryData: Digest256?
    ) {
        self.id = id
        self.authorization = authorization
        self.chipUID = chipUID
        self.generation = generation
        self.index = index
        self.serial = serial
        self.issuedAt = issuedAt
        self.dac = dac
        self.request = request
        self.agreementKey = agreementKey
        self.commitment = commitment
        self.factoryData = factoryData
    }
}

/// A unit's factory data and label. Holds unit secrets: it goes to the station that programs the unit and nowhere else.
public struct UnitData: Sendable {
    /// Name of the encoding.
    public let encoding: String
    public let factoryData: [UInt8]
    public let label: LabelContent
    public let labelRecord: SealedRecord

    public init(encoding: String, factoryData: [UInt8], label: LabelContent, labelRecord: SealedRecord) {
        self.encoding = encoding
        self.factoryData = factoryData
        self.label = label
        self.labelRecord = labelRecord
    }
}

/// What `complete` must bring, remembered from the permit (in memory; a new permit is cheap).
public struct PermitTerms: Sendable, Hashable {
    public let nonce: Nonce
    /// 16 octets.
    public let challenge: [UInt8]
    public let expiresAt: Instant

    public init(nonce: Nonce, challenge: [UInt8], expiresAt: Instant) {
        self.nonce = nonce
        self.challenge = challenge
        self.expiresAt = expiresAt
    }
}

/// The answer to an ADAC challenge, before it counts.
public struct DebugAnswer: Sendable {
    /// ADAC certificates: root, intermediate, leaf of this chip.
    public let certificates: [[UInt8]]
    public let token: [UInt8]
    /// SHA-256 of the challenge.
    public let challenge: Digest256
    /// The permissions granted, 16 octets in hexadecimal.
    public let permissions: String

    public init(certificates: [[UInt8]], token: [UInt8], challenge: Digest256, permissions: String) {
        self.certificates = certificates
        self.token = token
        self.challenge = challenge
        self.permissions = permissions
    }
}

/// Who this EdgeHSM is, and the RoleKeys in force, at the moment of a call.
public struct ExecutionContext: Sendable {
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let roleKeys: RoleKeys
    /// Trusted time.
    public let now: Instant

    public init(edgeHSM: EdgeHSMID, factory: FactoryID, roleKeys: RoleKeys, now: Instant) {
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.roleKeys = roleKeys
        self.now = now
    }
}

/// Executes what the engine has had decided.
public protocol Execution: Sendable {
    // MARK: Packages

    /// Parses a `PackageFile`, verifies the outside by the authorizer, opens the seal (HPKE, `edgeSeal`), verifies
    /// authorization and approval, and checks that all parts name each other: EdgeHSM, product, version, approval id,
    /// manifest digest, CD digest, a wrapped key for each slot of the manifest, the product's certificates (the PAI
    /// stands under the manifest's PAA, with its VID and PID; where unlocks are granted, the debug certificates answer for
    /// the manifest's root, soc_class and mask). No counter, window or revocation is judged here.
    func openPackage(
        _ file: [UInt8],
        certificates: CertificatesInstalled?,
        in context: ExecutionContext
    ) async throws -> OpenedPackage

    /// Unwraps each product key into the token, verifies the manifest's check values, and makes the authorization's
    /// unit-secret key. Keys that are there already are verified, not made again.
    func installKeys(of package: OpenedPackage) async throws

    /// Destroys unit-secret key and product keys of an authorization whose last operation ended, or whose load was
    /// refused. Keys that are missing are no error; product keys that another of `stillOpen` needs stay.
    func destroyKeys(of batch: Batch, stillOpen: [Batch]) async throws

    // MARK: Units

    /// Parses the CSR, verifies proof of possession, points on the curve, and at `vendorCertificate` the vendor proof
    /// (chain to the manifest's roots, signature over SHA-256(CSR)). Pure CPU, no token.
    func verifyRequest(
        _ request: [UInt8],
        proof: VendorProof?,
        for batch: Batch,
        at now: Instant
    ) async throws
        -> DeviceFacts

    /// Builds the DAC from the version's profile (notBefore = max(PAI, PAA, authorization.notBefore)), lints the
    /// to-be-signed bytes, signs by the product's PAI key, verifies the result again, and derives the commitment.
    func issueCredential(_ facts: DeviceFacts, unit: Digest256, of batch: Batch) async throws -> SignedCredential

    /// Derives the unit's secrets (HMAC by the authorization's unit-secret key over the unit id), encodes factory data,
    /// builds the label, seals the label record to `context.roleKeys.labelRecord`. The same octets of factory data each
    /// time; the sealed record may differ. Must agree with the unit's commitment, else throws.
    func unitData(_ unit: IssuedUnit, of batch: Batch, in context: ExecutionContext) async throws -> UnitData

    /// Seals a product key to the unit's agreement key; `nonce` is the one of the unit's present CSR. A fleet key only
    /// where the core allowed it (`fleet`), otherwise the unit's derived key.
    func sealKey(
        _ slot: KeySlot,
        fleet: Bool,
        to unit: IssuedUnit,
        nonce: Nonce,
        of batch: Batch
    ) async throws -> SealKey.Reply

    /// A `ProgrammingPermit` signed by the identity key over these terms.
    func permit(
        _ unit: IssuedUnit,
        factoryData: Digest256,
        terms: PermitTerms,
        of batch: Batch,
        in context: ExecutionContext
    ) async throws -> Envelope

    /// Firmware and factory-data digests as approved and as given, attestation elements and signature by the DAC key
    /// over the permit's terms, CD inside, chain DAC → PAI → PAA, scanned label against the unit's label, debug port.
    /// Returns SHA-256(elements ‖ signature).
    func checkCompletion(
        _ evidence: CompleteUnit.Request,
        unit: IssuedUnit,
        terms: PermitTerms,
        of batch: Batch,
        in context: ExecutionContext
    ) async throws -> Digest256

    /// Everything that `answerDebug` checks, without a signature: asked before the unlock is counted, so that a request
    /// which can't be answered costs none.
    func checkDebug(_ challenge: [UInt8], permissions: String, chipUID: ChipUID, of batch: Batch) async throws

    /// Parses the ADAC challenge, bounds the permissions by the manifest's mask, issues a leaf bound to this UID under
    /// the product's debug intermediate and signs the token.
    func answerDebug(
        _ challenge: [UInt8],
        permissions: String,
        chipUID: ChipUID,
        of batch: Batch
    ) async throws -> DebugAnswer

    // MARK: Governance

    /// Makes PAI and debug-intermediate keys of a product (or finds them) and signs a `ProductPreparation`.
    func prepareProduct(_ request: PrepareProduct.Request, in context: ExecutionContext) async throws -> Envelope

    /// Certificates stand for the keys of `preparation`, chain and profile are right, ADAC intermediate verifies.
    func checkCertificates(
        _ certificates: ProductCertificates,
        preparation: ProductPreparation,
        in context: ExecutionContext
    ) async throws

    /// A TLS client certificate from the site CA: CN = name, OU = role, EKU clientAuth. Parses the CSR (at most 2 KiB)
    /// and verifies possession. Returns DER, leaf first, then the site CA.
    func issueStationCertificate(
        _ request: [UInt8],
        name: StationName,
        role: EnrolStation.Request.Role,
        days: Int,
        at now: Instant
    ) async throws -> [[UInt8]]

    /// The site CA's certificate and a TLS server certificate for the `edgeTLS` key with these DNS names and addresses,
    /// both signed by `siteCA`. Deterministic in nothing but names and keys: the engine keeps what it gets.
    /// Called by `edgehsmd init`, and again when the server certificate nears its end.
    func issueServerCertificates(
        edgeHSM: EdgeHSMID,
        names: [String],
        at now: Instant
    ) async throws
        -> ServerCertificates

    /// Signs any statement of this EdgeHSM by its identity key (checkpoints, enrolment requests).
    func signByIdentity(_ envelope: Envelope) async throws -> Envelope

    /// Destroys unit-secret keys and imported product keys that belong to none of these batches: what a load left behind
    /// that died before its journal entry. Keys of a preparation that died so stay, its retry finds them. Returns names.
    func destroyOrphans(loaded batches: [Batch]) async throws -> [String]

    /// Destroys every key of an EdgeHSM's roles that the token holds, written down or not, and looks that none is left.
    /// Records stay, the anchor's and the enrolment's: a zeroised box must not start as a new one.
    func zeroise() async throws
}

/// What the TLS server shows, and what it trusts. DER.
public struct ServerCertificates: Codable, Sendable, Hashable {
    public let siteCA: Octets
    public let server: Octets

    public init(siteCA: Octets, server: Octets) {
        self.siteCA = siteCA
        self.server = server
    }
}
