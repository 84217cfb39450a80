import Foundation
public import Vocabulary

/// Figures and times as people read them. One form for each, everywhere.
enum Format {
    /// `12,345`.
    static func number(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "−" + text : text
    }

    /// `98.5 %`; nil where there is nothing to compare with.
    static func percent(_ part: Int, of whole: Int) -> String? {
        guard whole > 0 else { return nil }
        let tenths = (part * 1_000 + whole / 2) / whole
        return tenths.isMultiple(of: 10) ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }

    /// `17.3 kB`.
    static func octets(_ count: Int) -> String {
        if count < 1_000 { return "\(count) B" }
        if count < 1_000_000 { return "\(count / 1_000).\(count % 1_000 / 100) kB" }
        return "\(count / 1_000_000).\(count % 1_000_000 / 100_000) MB"
    }

    /// The two largest units: `7 h 40 min`, `2 d 3 h`, `45 s`.
    static func duration(_ seconds: Int64) -> String {
        let seconds = max(0, seconds)
        let parts: [(Int64, String)] = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
        if first == 2, parts[2].0 >= 10 { return "\(parts[2].0) min" }
        let shown = parts[first...].prefix(2).filter { $0.0 > 0 }
        return shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    /// In days where it is more than two: `89 d`, `1 d 23 h`.
    static func days(_ seconds: Int64) -> String {
        seconds >= 2 * 86_400 ? "\(number(Int(seconds / 86_400))) d" : duration(seconds)
    }

    /// `3 min ago`, `in 2 d`.
    static func relative(_ time: Instant, now: Instant) -> String {
        let seconds = now - time
        if seconds < -1 { return "in \(duration(-seconds))" }
        return seconds < 2 ? "just now" : "\(duration(seconds)) ago"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `23 Nov 2026, 14:05`, in UTC or that many seconds east of it.
    static func dateTime(_ time: Instant, east offset: Int64 = 0, seconds: Bool = false) -> String {
        let text = Array((time + offset).description)
        return date(time, east: offset) + ", " + String(text[11..<(seconds ? 19 : 16)])
    }

    static func date(_ time: Instant, east offset: Int64 = 0) -> String {
        if time >= .noExpiry { return "no expiry" }
        let text = Array((time + offset).description)
        let month = Int(String(text[5..<7])).map { months[max(0, min(11, $0 - 1))] } ?? ""
        return "\(Int(String(text[8..<10])) ?? 0) \(month) \(String(text[0..<4]))"
    }

    static func clock(_ time: Instant, east offset: Int64 = 0, seconds: Bool = false) -> String {
        String(Array((time + offset).description)[11..<(seconds ? 19 : 16)])
    }

    /// Seconds east of UTC in a zone at a time; nil where the zone is not known here.
    static func offset(of zone: String, at time: Instant) -> Int64? {
        TimeZone(identifier: zone).map { zone in
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time.seconds))))
        }
    }

    /// Of an axis: `Shanghai, UTC+8`; a zone that is not known here is taken as UTC.
    static func zone(_ zone: String, at time: Instant) -> String {
        guard let offset = offset(of: zone, at: time), place(zone) != "UTC" else { return "UTC" }
        let (hours, minutes) = (abs(offset) / 3_600, abs(offset) / 60 % 60)
        let rest = minutes == 0 ? "" : ":\(minutes < 10 ? "0" : "")\(minutes)"
        return "\(place(zone)), UTC\(offset < 0 ? "−" : "+")\(hours)\(rest)"
    }

    /// First characters of a digest or id, enough to tell two apart on a page.
    static func short(_ text: String, _ count: Int = 12) -> String {
        text.count <= count + 1 ? text : "\(text.prefix(count))…"
    }

    /// `Asia/Shanghai` as `Shanghai`.
    static func place(_ zone: String) -> String {
        zone.split(separator: "/").last.map { $0.replacingOccurrences(of: "_", with: " ") } ?? zone
    }
}

extension Instant {
    /// First second of the UTC day.
    var startOfDay: Instant { Instant(seconds: seconds - seconds % 86_400) }
}

/// Times as people enter them, in a factory's zone.
public enum FactoryTime {
    /// `2026-11-23T14:05`, as a form sends it; nil for anything else and for an unknown zone.
    public static func instant(_ local: String, in zone: String) -> Instant? {
        guard let wall = try? Instant("\(local.prefix(16)):00Z"), let first = Format.offset(of: zone, at: wall),
            let offset = Format.offset(of: zone, at: wall + (-first))
        else { return nil }
        return wall + (-offset)
    }
}
