/// Figures as pages say them, for what is worded beside a page.
public enum PageWords {
    /// `12,345`.
    public static func number(_ value: Int) -> String { Format.number(value) }
    /// Seconds as `2 d 3 h`.
    public static func duration(_ seconds: Int64) -> String { Format.duration(seconds) }
}
