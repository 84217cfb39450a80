public import PortalProtocol
import Vocabulary

/// Figures as pages say them, for what is worded beside a page.
public enum PageWords {
    /// `12,345`.
    public static func number(_ value: Int) -> String { Format.number(value) }
    /// Seconds as `2 d 3 h`.
    public static func duration(_ seconds: Int64) -> String { Format.duration(seconds) }
    /// `alarm 1, Altered, edge-5`.
    public static func alarm(_ alarm: AlarmView) -> String {
        "alarm \(Format.number(alarm.number.value)), \(alarm.words), \(alarm.edgeHSM.text)"
    }
    /// `ODM engineer, Production manager`.
    public static func roles(_ roles: [Role]) -> String { roles.map(\.words).joined(separator: ", ") }
}
