public import Vocabulary

/// What the portal calls people for.
public enum AlarmKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Two signed versions of one journal.
    case forked
    /// An EdgeHSM went on from an older disk, behind what its secure element remembered.
    case restored
    /// A newer checkpoint covers less than an older one.
    case truncated
    /// The entries are not those that the checkpoint beside them was signed for.
    case altered
    /// Entries are missing before those that came.
    case gap
    /// Nothing was heard for longer than allowed.
    case silent
    /// A checkpoint is signed for a time that has not come: the EdgeHSM's clock is wrong, or somebody sets it.
    case clockAhead = "clock-ahead"
    case duplicateChip = "duplicate-chip"
    case duplicateKey = "duplicate-key"
    case duplicateSerial = "duplicate-serial"
    case outsideWindow = "outside-window"
    case overQuota = "over-quota"
    case revokedUsed = "revoked-used"
    case wrongCertificate = "wrong-certificate"
    /// Counts that are stated and counts that the entries give differ.
    case accounts
    /// An entry that can't be read.
    case malformed
    /// Any other entry that was not permitted.
    case notPermitted = "not-permitted"
    /// An authorization under the authorizer's key that the portal never granted: the key was stolen.
    case notGranted = "not-granted"
    /// A granted batch's package can't be made.
    case packageStuck = "package-stuck"
    /// The portal's token is not the authorizer that the RoleKeys name.
    case authorizerDiffers = "authorizer-differs"
    /// A Factory Service's own records, of labels and events, are not those that it told before: its database was set
    /// back, copied or replaced.
    case recordsReplaced = "records-replaced"
    /// A factory tells more labels or sources than it can have.
    case recordsQuota = "records-quota"
    /// Somebody known asks for objects that are not there or not theirs, one after the other.
    case probing
    /// Under expired RoleKeys nothing new loads.
    case roleKeysExpiring = "role-keys-expiring"

    public enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
        case warning
        case critical
    }

    public var severity: Severity {
        switch self {
        case .silent, .clockAhead, .gap, .malformed, .altered, .packageStuck, .roleKeysExpiring, .recordsReplaced,
            .recordsQuota, .probing:
            .warning
        default: .critical
        }
    }

    /// While such an alarm stands, no package is made for that EdgeHSM.
    public var stopsPackages: Bool {
        switch self {
        case .forked, .restored, .truncated: true
        default: false
        }
    }
}

/// One thing that somebody must look at. The same again, by `key`, is counted and not listed anew.
public struct Alarm: Sendable, Hashable {
    public static let longestDetail = 400

    public let kind: AlarmKind
    public let edgeHSM: EdgeHSMID
    /// The other EdgeHSM of a duplicate.
    public let other: EdgeHSMID?
    /// Position in the journal of `edgeHSM`.
    public let sequence: Int?
    /// What it is about beside EdgeHSMs, such as an authorization.
    public let subject: String?
    public let detail: String

    public init(
        _ kind: AlarmKind,
        _ edgeHSM: EdgeHSMID,
        other: EdgeHSMID? = nil,
        sequence: Int? = nil,
        subject: String? = nil,
        _ detail: String
    ) {
        self.kind = kind
        self.edgeHSM = edgeHSM
        self.other = other
        self.sequence = sequence
        self.subject = subject
        self.detail = detail.kept(octets: Self.longestDetail)
    }

    /// Alarms with one key are one.
    public var key: String {
        ([kind.rawValue, edgeHSM.text] + [other?.text, subject].compactMap { $0 }).joined(separator: "/")
    }

    /// Stands for EdgeHSM and factory in alarms about the portal itself, which the OEM alone sees. No factory has this id.
    public static let portal = "portal"

    /// About the portal and what is done there.
    public static func ofPortal(
        _ kind: AlarmKind,
        subject: String,
        _ detail: String
    ) -> (alarm: Alarm, factory: FactoryID) {
        (Alarm(kind, EdgeHSMID(validated: portal), subject: subject, detail), FactoryID(validated: portal))
    }
}
