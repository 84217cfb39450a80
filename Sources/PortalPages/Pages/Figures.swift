import PortalProtocol
import Vocabulary

/// The figures that pages tell, each by one word, wherever it stands (docs/guides/oem.md, "What the figures mean"):
///
/// - *Granted*: units that batches may make, less those that came back.
/// - *Issued*: devices that were certified; one that is certified anew for rework is the same device.
/// - *Passed*: devices that stand as passed; one that passes again after rework is the same device.
/// - *Scrapped*: devices that were given up. *Finished*: passed or scrapped. *Yield*: passed of finished.
/// - *Burned*: units used up without a device. *Rate*: units issued in an hour.
extension ProductionCounts {
    /// A day that only takes back for rework what had passed before has brought none.
    var devicesPassed: Int { max(0, passed) }
    private var finished: Int { devicesPassed + failed }
    /// Passed of finished.
    var yield: String { Format.percent(devicesPassed, of: finished) ?? "–" }
    /// What the yield is made of, beside it.
    var yieldNote: Markup { "passed of \(Format.number(finished)) finished" }
    /// Beside what passed.
    var passedNote: Markup { "\(Format.number(issued)) issued, \(Format.number(failed)) scrapped" }

    static func sum(of counts: [ProductionCounts]) -> ProductionCounts {
        counts.reduce(.zero) {
            .init(
                issued: $0.issued + $1.issued,
                completed: $0.completed + $1.completed,
                passed: $0.passed + $1.passed,
                failed: $0.failed + $1.failed,
                burned: $0.burned + $1.burned
            )
        }
    }
}

extension IssueRate {
    /// `1,940/h`, or – with the reason for whoever points at it or listens.
    var markup: Markup { perHour.map { "\(Format.number($0))<span class=\"muted\">/h</span>" } ?? .none(why) }
    /// From what it is, or why there is none.
    var note: Markup { perHour == nil ? .text(why) : "issued, last 15 min or less" }

    private var why: String { unknown == .young ? "less than 2 min known" : "nothing runs" }
}

extension BatchForecast {
    /// Seconds before the end from which on it needs somebody soon, or at once.
    private static var soon: Int64 { 2 * 3_600 }
    private static var now: Int64 { 1_800 }

    /// A batch of which all is issued has ended as it was planned: that none follows is worth a look, and no alarm. Red is
    /// what loses units: a window that closes before they are made.
    func tone(at now: Instant) -> Tone {
        guard at > now, at - now < Self.soon else { return .idle }
        switch reason {
        case .quota: return isFollowed || at - now >= Self.now ? .idle : .warn
        case .window: return left == 0 ? .idle : left != nil && at - now < Self.now ? .bad : .warn
        }
    }

    func plain(at now: Instant) -> String {
        let time = Format.duration(at - now)
        switch reason {
        case .quota:
            return isFollowed ? "All units issued in \(time), another batch follows" : "Line stops in \(time): quota"
        case .window:
            guard at > now else { return "Window closed" }
            let rest = left.map { $0 > 0 ? ", \(Format.number($0)) not issued" : "" } ?? ""
            return "Window closes in \(time)\(rest)"
        }
    }

    func markup(at now: Instant) -> Markup {
        let tone = tone(at: now)
        return tone == .idle ? .text(plain(at: now)) : .badge(tone, plain(at: now))
    }
}

extension Markup {
    /// How much of a batch is used, as a bar and in figures.
    static func used(issued: Int, burned: Int, of granted: Int) -> Markup {
        let burnt = burned > 0 ? ", \(Format.number(burned)) burned" : ""
        return """
            \(share(issued + burned, of: granted, label: "Issued and burned"))\
            <span class="sub">\(Format.number(issued)) of \(Format.number(granted))\(burnt)</span>
            """
    }

    /// A product and its version, each leading to its page.
    ///
    /// - Parameter title: of the product; its id stands for it where there is none.
    static func version(_ product: ProductName, _ version: VersionName, _ title: String? = nil) -> Markup {
        """
        \(link(title ?? product.text, "/products/\(product.text)")) \
        \(link(version.text, "/products/\(product.text)/versions/\(version.text)"))
        """
    }
}
