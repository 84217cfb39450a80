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
    /// A granted batch's package can't be made.
    case packageStuck = "package-stuck"
    /// The portal's token is not the authorizer that the RoleKeys name.
    case authorizerDiffers = "authorizer-differs"
    /// A Factory Service's own records, of labels and events, are not those that it told before: its database was set
    /// back, copied or replaced.
    case recordsReplaced = "records-replaced"
    /// Under expired RoleKeys nothing new loads.
    case roleKeysExpiring = "role-keys-expiring"

    public enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
        case warning
        case critical
    }

    public var severity: Severity {
        switch self {
        case .silent, .gap, .malformed, .altered, .packageStuck, .roleKeysExpiring, .recordsReplaced: .warning
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
    public let detail: String

    public init(
        _ kind: AlarmKind,
        _ edgeHSM: EdgeHSMID,
        other: EdgeHSMID? = nil,
        sequence: Int? = nil,
        _ detail: String
    ) {
        self.kind = kind
        self.edgeHSM = edgeHSM
        self.other = other
        self.sequence = sequence
        self.detail = String(detail.prefix(Self.longestDetail))
    }

    /// Alarms with one key are one.
    public var key: String { ([kind.rawValue, edgeHSM.text] + (other.map { [$0.text] } ?? [])).joined(separator: "/") }
}
