public import Statements
public import Vocabulary

/// A product version as the ODM describes it, beside what the OEM fixed for the product.
public struct NewVersion: Codable, Sendable, Hashable {
    public let version: VersionName
    /// Matter device type.
    public let deviceType: UInt32
    /// Matter's software version number. Where the firmware's signed part says one, it must be the same.
    public let softwareVersion: UInt32
    public let commissioning: Manifest.Commissioning
    public let factoryData: Manifest.FactoryData
    public let chipIdentity: ChipIdentityLevel
    /// Largest ADAC permissions of this version, within the product's.
    public let debugPermissions: SixteenOctets
    /// SHA-256 of a firmware file that this organisation has uploaded.
    public let firmware: Digest256
    /// SHA-256 of a Certification Declaration that this organisation has uploaded.
    public let declaration: Digest256

    public init(
        version: VersionName,
        deviceType: UInt32,
        softwareVersion: UInt32,
        commissioning: Manifest.Commissioning,
        factoryData: Manifest.FactoryData,
        chipIdentity: ChipIdentityLevel,
        debugPermissions: SixteenOctets,
        firmware: Digest256,
        declaration: Digest256
    ) {
        self.version = version
        self.deviceType = deviceType
        self.softwareVersion = softwareVersion
        self.commissioning = commissioning
        self.factoryData = factoryData
        self.chipIdentity = chipIdentity
        self.debugPermissions = debugPermissions
        self.firmware = firmware
        self.declaration = declaration
    }
}

/// Who did something to a version, and when.
public struct VersionAct: Codable, Sendable, Hashable {
    public let person: PersonID
    public let at: Instant
    public let reason: Remark?

    public init(person: PersonID, at: Instant, reason: Remark? = nil) {
        self.person = person
        self.at = at
        self.reason = reason
    }
}

/// The same as somebody is told of it who may not know everybody.
public struct VersionStep: Codable, Sendable, Hashable {
    /// Absent where it is a person of another ODM.
    public let person: PersonID?
    public let at: Instant
    public let reason: Remark?

    public init(person: PersonID?, at: Instant, reason: Remark? = nil) {
        (self.person, self.at, self.reason) = (person, at, reason)
    }

    public init(_ act: VersionAct) { self.init(person: act.person, at: act.at, reason: act.reason) }
}

public struct ProductVersion: Codable, Sendable, Hashable {
    public let product: ProductName
    public let version: VersionName
    public let state: VersionState
    /// SHA-256 of the manifest.
    public let manifest: Digest256
    public let firmware: Digest256
    public let declaration: Digest256
    /// False: the firmware does not say its product, so the ODM's word stands for it.
    public let firmwareProvesProduct: Bool
    public let created: VersionStep
    public let submitted: VersionStep?
    public let rejected: VersionStep?
    public let approval: ApprovalProgress?

    public init(
        product: ProductName,
        version: VersionName,
        state: VersionState,
        manifest: Digest256,
        firmware: Digest256,
        declaration: Digest256,
        firmwareProvesProduct: Bool,
        created: VersionStep,
        submitted: VersionStep?,
        rejected: VersionStep?,
        approval: ApprovalProgress?
    ) {
        self.product = product
        self.version = version
        self.state = state
        self.manifest = manifest
        self.firmware = firmware
        self.declaration = declaration
        self.firmwareProvesProduct = firmwareProvesProduct
        self.created = created
        self.submitted = submitted
        self.rejected = rejected
        self.approval = approval
    }
}

/// How far the officers are with an approval.
public struct ApprovalProgress: Codable, Sendable, Hashable {
    /// The approval's id: SHA-256 of its payload.
    public let statement: Digest256
    public let sequence: Int
    /// Officers whose signature counts under the newest RoleKeys.
    public let signers: [OfficerName]
    /// A signature is on it, whether it counts or not: no other approval is proposed then.
    public let isSigned: Bool
    /// m: how many must sign.
    public let threshold: Int
    public let lockedAt: Instant?

    public init(
        statement: Digest256,
        sequence: Int,
        signers: [OfficerName],
        isSigned: Bool,
        threshold: Int,
        lockedAt: Instant?
    ) {
        self.statement = statement
        self.sequence = sequence
        self.signers = signers
        self.isSigned = isSigned
        self.threshold = threshold
        self.lockedAt = lockedAt
    }
}

public struct VersionRejection: Codable, Sendable, Hashable {
    public let reason: Remark
    public init(reason: Remark) { self.reason = reason }
}

/// What a security officer proposes the officers to sign.
public struct ApprovalTerms: Codable, Sendable, Hashable {
    /// Units of the product that may ever be made, everywhere; within the product's own figure.
    public let lifetimeTotal: UnitTotal
    public let allotments: [VersionApproval.Allotment]
    public let allowances: VersionApproval.Allowances
    public let rules: VersionApproval.Rules
    public let fleetKeyExceptions: [VersionApproval.FleetKeyException]?
    public let expiresAt: Instant

    public init(
        lifetimeTotal: UnitTotal,
        allotments: [VersionApproval.Allotment],
        allowances: VersionApproval.Allowances,
        rules: VersionApproval.Rules,
        fleetKeyExceptions: [VersionApproval.FleetKeyException]? = nil,
        expiresAt: Instant
    ) {
        self.lifetimeTotal = lifetimeTotal
        self.allotments = allotments
        self.allowances = allowances
        self.rules = rules
        self.fleetKeyExceptions = fleetKeyExceptions
        self.expiresAt = expiresAt
    }
}

/// One field and what stands in it, in words.
public struct ReviewLine: Codable, Sendable, Hashable {
    public let field: String
    public let words: String

    public init(field: String, words: String) {
        self.field = field
        self.words = words
    }
}

/// Something that the portal verified itself, in words, and how it came out.
public struct ReviewCheck: Codable, Sendable, Hashable {
    public enum Verdict: String, Codable, Sendable, CaseIterable {
        case passed
        /// True, but not enough for devices that are sold, or only the ODM's word.
        case caution
        case failed
    }

    public let field: String
    public let words: String
    public let verdict: Verdict

    public init(field: String, words: String, verdict: Verdict) {
        self.field = field
        self.words = words
        self.verdict = verdict
    }
}

/// A field that is not as it was. Without `before` it is new, without `after` it is gone.
public struct ReviewChange: Codable, Sendable, Hashable {
    public let field: String
    public let before: String?
    public let after: String?

    public init(field: String, before: String?, after: String?) {
        self.field = field
        self.before = before
        self.after = after
    }
}

/// A statement as an officer will sign it, in words and in octets.
public struct ReviewedStatement: Codable, Sendable, Hashable {
    public let summary: String
    public let lines: [ReviewLine]
    public let payloadType: String
    /// SHA-256 of the payload.
    public let statement: Digest256
    /// SHA-256 of the DSSE pre-authentication encoding: what a token signs.
    public let signedDigest: Digest256
    /// The payload, every octet visible.
    public let payload: String

    public init(
        summary: String,
        lines: [ReviewLine],
        payloadType: String,
        statement: Digest256,
        signedDigest: Digest256,
        payload: String
    ) {
        self.summary = summary
        self.lines = lines
        self.payloadType = payloadType
        self.statement = statement
        self.signedDigest = signedDigest
        self.payload = payload
    }
}

/// Everything that an officer looks at before signing.
public struct VersionReview: Codable, Sendable, Hashable {
    public let product: ProductName
    public let version: VersionName
    /// The version that was locked last; absent for a product's first one.
    public let against: VersionName?
    public let changes: [ReviewChange]
    /// Every field of the manifest.
    public let manifest: [ReviewLine]
    /// What the portal itself verified: firmware signature, declaration, PAA.
    public let evidence: [ReviewCheck]
    /// The approval's figures against those of the approval before.
    public let approvalChanges: [ReviewChange]
    public let approval: ReviewedStatement?

    public init(
        product: ProductName,
        version: VersionName,
        against: VersionName?,
        changes: [ReviewChange],
        manifest: [ReviewLine],
        evidence: [ReviewCheck],
        approvalChanges: [ReviewChange],
        approval: ReviewedStatement?
    ) {
        self.product = product
        self.version = version
        self.against = against
        self.changes = changes
        self.manifest = manifest
        self.evidence = evidence
        self.approvalChanges = approvalChanges
        self.approval = approval
    }
}
