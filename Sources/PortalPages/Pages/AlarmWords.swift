import PortalProtocol
import Vocabulary

/// What an alarm means and what somebody does about it, in a sentence each: most who read one have never seen that kind before.
extension AlarmView {
    /// `duplicate-chip` as `Duplicate chip`.
    var words: String {
        let text = kind.replacing("-", with: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// Nil for a kind of a newer portal.
    var meaning: String? { Self.sentences[kind] }

    private static let sentences: [String: String] = [
        "forked": "Its EdgeHSM signed two versions of one journal: a copy of it runs, or its disk was set back. "
            + "It gets no package until the OEM's officers decide.",
        "restored": "It went on from an older disk, behind what its secure element remembered. "
            + "It gets no package until the OEM's officers decide.",
        "truncated":
            "A newer checkpoint covers less than an older one. It gets no package until the OEM's officers decide.",
        "altered":
            "Whoever uploaded these entries changed them: the EdgeHSM never signed them. None of them was stored.",
        "gap": "Entries are missing before those that came. It goes by itself when they come.",
        "silent":
            "Nothing was heard for longer than the rule allows. Check the factory and its link; a USB stick works without one.",
        "clock-ahead": "A checkpoint is of a time that has not come: its clock is wrong, or somebody sets it.",
        "duplicate-chip": "Two EdgeHSMs certified one chip. Treat both devices as suspect.",
        "duplicate-key": "One device key was certified twice. Treat both devices as suspect.",
        "duplicate-serial": "One serial number stands on two devices.",
        "outside-window": "Units were made before or after their batch's window.",
        "over-quota": "More units were made than were granted.",
        "revoked-used": "Something that was revoked was used afterwards.",
        "wrong-certificate": "A certificate is not what its batch allows.",
        "accounts": "The counts that it states are not those that its entries give.",
        "malformed": "An entry can't be read.",
        "not-permitted": "Something was done that no authorization allows.",
        "not-granted": "A batch runs under the portal's key that the portal never granted. Treat the key as stolen.",
        "package-stuck": "A granted batch's package can't be made.",
        "authorizer-differs": "The portal's token is not the authorizer that the RoleKeys name.",
        "records-replaced":
            "The factory's own records are not those that it told before: a database was set back or replaced.",
        "records-quota": "The factory tells more labels or sources than it can have.",
        "probing": "Somebody asks for objects that are not theirs, one after the other. The OEM's audit log says who.",
    ]

    /// Whether its EdgeHSM stays stopped until the officers decide, whoever has seen the alarm.
    static let stopping: Set<String> = ["forked", "restored", "truncated"]
}
