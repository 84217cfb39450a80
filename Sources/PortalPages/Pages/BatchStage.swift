import PortalProtocol
import Vocabulary

extension BatchStage {
    var badge: Markup {
        switch self {
        case .granted: .badge(.info, "Making package", isOpen: true)
        case .failed: .badge(.bad, "No package")
        case .sealed: .badge(.info, "Sealed")
        case .delivered: .badge(.info, "Delivered")
        case .blocked: .badge(.bad, "Blocked")
        case .loaded: .badge(.ok, "Loaded", isOpen: true)
        case .running: .badge(.ok, "Running")
        case .usedUp: .badge(.idle, "Used up")
        case .over: .badge(.idle, "Over")
        case .ending: .badge(.warn, "Ending")
        case .closed: .badge(.idle, "Closed")
        case .revoked: .badge(.bad, "Revoked")
        }
    }
}

extension Batch {
    /// Its state as it stands beside a title.
    func badge(at now: Instant) -> Markup {
        stage(at: now) == .blocked ? .badge(.bad, "Blocked: \(edgeHSM.text) is stopped") : stage(at: now).badge
    }

    /// Its state as it stands in a table, with the reason where somebody has to do something.
    func cell(at now: Instant) -> Markup {
        let stage = stage(at: now)
        return switch stage {
        case .blocked: .sub(stage.badge, "\(edgeHSM.text) is stopped")
        case .failed: .sub(stage.badge, "it can't be made")
        case .over: .sub(stage.badge, "window has passed")
        default: stage.badge
        }
    }
}

extension Batch {
    /// What it waits for where no forecast says what ends it: the one thing that somebody or something has to do.
    func need(at now: Instant) -> Markup {
        switch stage(at: now) {
        case .granted: "Its package, being made"
        case .sealed: "The factory's next contact"
        case .delivered: "The journal's word that it is loaded"
        case .blocked: "An order of the officers for \(edgeHSM.text)"
        case .failed: "Somebody who closes it"
        case .ending: "The factory's next contact"
        case .loaded, .running: "A next unit"
        case .usedUp, .over, .closed, .revoked: .none("it has ended")
        }
    }

    /// How much of its window is over, and when it ends: beside how much of it is made.
    func window(at now: Instant) -> Markup {
        let whole = notAfter - notBefore
        if now < notBefore {
            return .sub(
                "<time datetime=\"\(notBefore.description)\">opens in \(Format.duration(notBefore - now))</time>",
                "for \(Format.duration(whole))"
            )
        }
        let left: Markup = now <= notAfter ? "\(Format.duration(notAfter - now)) left" : "has passed"
        let over = Int(min(max(0, now - notBefore), max(1, whole)))
        return """
            \(.share(over, of: Int(max(1, whole)), label: "Window passed", style: .elapsed))\
            <span class="sub"><time datetime="\(notAfter.description)" title="Window closes \(Format.dateTime(notAfter)) UTC">\(left)</time></span>
            """
    }
}

extension BatchPage {
    /// The package's way. All steps have their place from the start, so nothing moves when one is done.
    static func way(_ batch: Batch, _ sums: BatchReconciliation, at time: Instant) -> Markup {
        let stage = batch.stage(at: time)
        let isLoaded = sums.isLoaded
        let sealed: Markup =
            batch.package.map { .time($0.madeAt) }
            ?? (batch.failure.map { "failed \(Format.number($0.attempts)) times: \(.code($0.code))" }
                ?? "being signed and sealed to \(batch.edgeHSM.text)")
        let waits: Markup =
            stage == .blocked ? "blocked: \(batch.edgeHSM.text) is stopped" : "waits for the factory's next contact"
        let delivered: Markup =
            batch.package?.deliveredAt.map { .time($0) }
            ?? (isLoaded ? "by stick" : batch.package == nil ? "comes then" : waits)
        // Units are issued until there are none left, the window has passed or somebody ends it.
        let isDone = isLoaded && !stage.isRunning
        let steps: [(isDone: Bool, title: String, text: Markup)] = [
            (batch.package != nil, "Sealed", sealed),
            (batch.package?.deliveredAt != nil || isLoaded, "Delivered", delivered),
            (
                isLoaded, "Loaded",
                isLoaded ? "as \(batch.edgeHSM.text) says in its journal" : "once its journal says so"
            ),
            (
                isDone, stage == .usedUp ? "Used up" : "Running",
                "\(Format.number(sums.issued)) of \(Format.number(sums.granted)) units issued\(sums.burned > 0 ? ", \(Format.number(sums.burned)) burned" : "")"
            ),
            (
                batch.state == .ended, stage == .revoked ? "Revoked" : "Closed",
                batch.state == .ended
                    ? "\(Format.number(sums.returned)) units came back"
                    : batch.state == .ending
                        ? "asked for; with the factory's next contact"
                        : stage == .usedUp ? "once no more rework is wanted" : "when somebody closes it"
            ),
        ]
        // Nothing waits for the closing before somebody asks for it.
        let isResting = batch.state == .ended || isDone && batch.state != .ending
        let now = isResting ? nil : steps.firstIndex { !$0.isDone }
        let items = steps.enumerated().map { index, step -> Markup in
            let state = step.isDone ? "done" : index == now ? "now" : "later"
            let current: Markup = index == now ? " aria-current=\"step\"" : .empty
            return
                "<li class=\"\(state)\"\(current)><h3>\(step.title)</h3><p class=\"muted small\">\(step.text)</p></li>"
        }
        return "<ol class=\"steps\">\(items.joined())</ol>"
    }

    /// What stands beside the package's way: the file itself, once it is sealed. It has its place from the start.
    static func file(_ batch: Batch, _ place: String) -> Markup {
        let button = Button(
            "Package file",
            batch.package == nil ? nil : "\(place)/package.json",
            icon: .export,
            isSmall: true,
            isDisabled: batch.package == nil,
            isDownload: true
        )
        let words: Markup =
            batch.package != nil
            ? "For a factory without a link: carry it on a USB stick. Only \(batch.edgeHSM.text) can open it."
            : batch.failure == nil
                ? "For a factory without a link. It is here once it is sealed."
                : "There is none: it could not be made so far."
        return """
            <p class="row">\(Markup.of(button))</p><p class="small muted">\(words)</p>\
            \(.of(Definitions([
                ("Size", batch.package.map { .text(Format.octets($0.size)) } ?? .none),
                ("SHA-256", batch.package.map { .digest($0.digest.hex) } ?? .none),
            ])))
            """
    }
}
