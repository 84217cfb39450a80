import LineProtocol
import Statements
import Vocabulary

/// The status page as HTML. Everything that came from elsewhere is escaped.
struct StatusView {
    let service: StationName
    let status: GetFactoryStatus.Reply
    /// Whether the page reads itself again.
    let refreshes: Bool

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        \(refreshes ? "<meta http-equiv=\"refresh\" content=\"10\">" : "")
        <title>\(headline.text) · \(Self.escape(service.text))</title>
        <link rel="stylesheet" href="/style.css">
        </head>
        <body>
        <header>
        <p class="over">Factory Service \(Self.escape(service.text))\(site)</p>
        <h1 class="\(headline.level)"><span class="dot" aria-hidden="true"></span>\(headline.text)</h1>
        <p class="next">\(refreshes
            ? "<a href=\"/\">Stop refreshing</a>" : "<a href=\"/?refresh\">Refresh every 10 seconds</a>")</p>
        </header>
        <main>
        \(alarms)
        <div class="cards">
        \(edgeCard)
        \(linkCard)
        \(backlogCard)
        </div>
        \(batches)
        </main>
        <footer><p>\(Self.escape(clock)) <a href="/status.json">JSON</a> <a href="/metrics">Metrics</a></p></footer>
        </body>
        </html>

        """
    }

    private var site: String { status.edgeHSM.map { " · " + Self.escape($0.factory.text) } ?? "" }

    private var clock: String { status.edgeHSM.map { "EdgeHSM time \($0.time)." } ?? "No EdgeHSM time yet." }

    // MARK: One sentence

    private var headline: (text: String, level: String) {
        if status.linkRefusal != nil { return ("EdgeHSM out of reach", "bad") }
        guard let box = status.edgeHSM else { return ("Waiting for the EdgeHSM", "warn") }
        if box.stopped != nil { return ("The EdgeHSM issues nothing", "bad") }
        if status.alarms.contains(where: { $0.severity == "critical" }) { return ("Needs attention now", "bad") }
        if let next = status.forecasts.first {
            let text = "Line stops in \(Duration.words(next.stopsIn)): \(next.reason.rawValue)"
            return (Self.escape(text), next.stopsIn < 3_600 || !status.alarms.isEmpty ? "warn" : "good")
        }
        return status.alarms.isEmpty ? ("Nothing to produce", "calm") : ("Look at the alarms", "warn")
    }

    private var alarms: String {
        guard !status.alarms.isEmpty else { return "" }
        let items = status.alarms.map { alarm in
            let level = alarm.severity == "critical" ? "bad" : "warn"
            return "<li class=\"\(level)\"><strong>\(Self.escape(alarm.severity))</strong> \(Self.escape(alarm.text)) "
                + "<code>\(Self.escape(alarm.code))</code></li>"
        }
        return "<section aria-labelledby=\"alarms\"><h2 id=\"alarms\">Alarms</h2><ul class=\"alarms\">"
            + items.joined() + "</ul></section>"
    }

    // MARK: Cards

    private func card(_ title: String, _ state: String, _ level: String, _ rows: [(String, String)]) -> String {
        let list = rows.map { "<div><dt>\($0.0)</dt><dd>\(Self.escape($0.1))</dd></div>" }.joined()
        return """
            <section class="card"><h2>\(title)</h2><p class="state \(level)"><span class="dot" aria-hidden="true"></span>\
            \(Self.escape(state))</p><dl>\(list)</dl></section>
            """
    }

    private var edgeCard: String {
        guard let box = status.edgeHSM else {
            return card("EdgeHSM", status.linkRefusal?.meaning ?? "not reached yet", "bad", [])
        }
        let state: (String, String) =
            status.linkRefusal.map { ("out of reach: \($0.code)", "bad") }
            ?? box.stopped.map { ("stopped: \($0.code)", "bad") } ?? ("issuing", "good")
        return card(
            "EdgeHSM",
            state.0,
            state.1,
            [
                ("Name", box.edgeHSM.text), ("Software", box.softwareVersion), ("Epoch", "\(box.epoch)"),
                ("RoleKeys", "version \(box.roleKeysVersion), until \(box.roleKeysExpireAt)"),
            ]
        )
    }

    private var linkCard: String {
        guard let portal = status.portal else {
            return card("Portal", "no link configured: files go by stick", "calm", [])
        }
        let isUp = portal.refusal == nil && portal.lastContact != nil
        let state = isUp ? "in contact" : portal.refusal.map { "no contact: \($0.code)" } ?? "not reached yet"
        return card(
            "Portal",
            state,
            isUp ? "good" : portal.refusal?.isRetryable == false ? "bad" : "warn",
            [
                ("Address", portal.address),
                ("Last contact", portal.lastContact?.description ?? "none since the start"),
                ("Sent", Self.octets(portal.octetsUp)), ("Received", Self.octets(portal.octetsDown)),
                ("Certificate until", portal.certificateEnds?.description ?? "none"),
            ]
        )
    }

    private var backlogCard: String {
        var rows = [("Journal here", "\(status.journalStored) entries")]
        if let size = status.checkpointSize { rows.append(("Checkpoint at", "\(size)")) }
        guard let portal = status.portal else {
            rows += [("Label records", "\(status.labelRecords)"), ("Events", "\(status.events)")]
            return card("Records", "kept here", "calm", rows)
        }
        let open = portal.entries + portal.labels + portal.events
        rows += [
            ("Entries to send", "\(portal.entries)"), ("Label records to send", "\(portal.labels)"),
            ("Events to send", "\(portal.events)"),
        ]
        return card("Records", open == 0 ? "all sent" : "\(open) to send", open == 0 ? "good" : "warn", rows)
    }

    // MARK: Batches

    private var batches: String {
        guard let box = status.edgeHSM, !box.batches.isEmpty else {
            return "<section><h2>Batches</h2><p class=\"empty\">No batch is loaded. Packages come from the portal, or "
                + "from a stick into the inbox.</p></section>"
        }
        let rows = box.batches.map { row($0, at: box.time) }.joined()
        return """
            <section aria-labelledby="batches"><h2 id="batches">Batches</h2><div class="scroll" tabindex="0" \
            role="region" aria-labelledby="batches"><table>
            <thead><tr><th scope="col">Batch</th><th scope="col">Product</th><th scope="col">State</th>\
            <th scope="col" class="number">Remaining</th><th scope="col">Used</th><th scope="col" class="number">\
            Completed</th><th scope="col">Window ends in</th><th scope="col">Line stops</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private func row(_ batch: GetStatus.Batch, at now: Instant) -> String {
        let account = batch.account
        let used = account.granted - account.remaining
        let forecast = status.forecasts.first { $0.authorization == batch.authorization }
        let stop = forecast.map { forecast in
            let rate = forecast.unitsPerHour.map { ", \($0) an hour" } ?? ""
            return "in \(Duration.words(forecast.stopsIn)): \(forecast.reason.rawValue)\(rate)"
        }
        let isOver = batch.state == .closed || batch.state == .revoked
        return """
            <tr><th scope="row">\(Self.escape(batch.batch.text))</th><td>\(Self.escape(batch.product.text))</td>\
            <td>\(batch.state.rawValue)</td><td class="number">\(account.remaining) of \(account.granted)</td>\
            <td><meter min="0" max="\(max(account.granted, 1))" value="\(used)">\(used) of \(account.granted)</meter></td>\
            <td class="number">\(batch.completed)</td><td>\(isOver ? "–" : Duration.words(batch.notAfter - now))</td>\
            <td>\(Self.escape(stop ?? (batch.state == .open && account.remaining == 0 ? "used up" : "–")))</td></tr>
            """
    }

    // MARK: Words

    static func octets(_ count: Int) -> String {
        if count >= 10_000_000 { return "\(count / 1_000_000) MB" }
        return count >= 10_000 ? "\(count / 1_000) kB" : "\(count) octets"
    }

    static func escape(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}

extension Duration {
    /// Seconds as people say them: `7 h 40 min`.
    static func words(_ seconds: Int64) -> String {
        if seconds <= 0 { return "0 min" }
        if seconds >= 86_400 { return "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h" }
        if seconds >= 3_600 { return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min" }
        return "\(max(seconds / 60, 1)) min"
    }
}
