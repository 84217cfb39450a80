import PortalProtocol
import Vocabulary

/// How far a batch's package is, as people ask: sealed, delivered, loaded, running, closed.
enum BatchStage: Int, Sendable, Comparable {
    case granted, sealed, delivered, loaded, running, usedUp, ending, closed, revoked

    static func < (left: BatchStage, right: BatchStage) -> Bool { left.rawValue < right.rawValue }

    /// - Parameter made: units that are issued or burned.
    init(_ batch: Batch, made: Int) {
        switch batch.state {
        case .granted: self = .granted
        case .packaged: self = batch.package?.deliveredAt == nil ? .sealed : .delivered
        case .loaded: self = made >= batch.quantity ? .usedUp : made > 0 ? .running : .loaded
        case .ending: self = .ending
        case .ended: self = batch.withdrawals.contains { $0.kind == .revoke } ? .revoked : .closed
        }
    }

    var badge: Markup {
        switch self {
        case .granted: .badge(.info, "Making package", isOpen: true)
        case .sealed: .badge(.info, "Sealed")
        case .delivered: .badge(.info, "Delivered")
        case .loaded: .badge(.ok, "Loaded", isOpen: true)
        case .running: .badge(.ok, "Running")
        case .usedUp: .badge(.idle, "Used up")
        case .ending: .badge(.warn, "Ending")
        case .closed: .badge(.idle, "Closed")
        case .revoked: .badge(.bad, "Revoked")
        }
    }
}

extension BatchProgress {
    /// Its EdgeHSM has it, and no unit of it is left to be begun.
    var isUsedUp: Bool { batch.state == .loaded && reconciliation.isLoaded && reconciliation.remaining == 0 }
}

extension BatchPage {
    /// The package's way. All steps have their place from the start, so nothing moves when one is done.
    static func way(_ batch: Batch, _ sums: BatchReconciliation) -> Markup {
        let made = sums.issued + sums.burned
        let stage = BatchStage(batch, made: made)
        let isLoaded = sums.isLoaded
        let sealed: Markup =
            batch.package.map { .time($0.madeAt) }
            ?? (batch.failure.map { "failed \($0.attempts) times: \(.code($0.code))" }
                ?? "being signed and sealed to \(batch.edgeHSM.text)")
        let delivered: Markup =
            batch.package?.deliveredAt.map { .time($0) }
            ?? (isLoaded ? "by stick" : batch.package == nil ? "comes then" : "waits for the factory's next contact")
        let steps: [(isDone: Bool, title: String, text: Markup)] = [
            (batch.package != nil, "Sealed", sealed),
            (batch.package?.deliveredAt != nil || isLoaded, "Delivered", delivered),
            (
                isLoaded, "Loaded",
                isLoaded ? "as \(batch.edgeHSM.text) says in its journal" : "once its journal says so"
            ),
            (made > 0, "Running", "\(Format.number(made)) of \(Format.number(sums.granted)) units begun"),
            (
                batch.state == .ended, stage == .revoked ? "Revoked" : "Closed",
                batch.state == .ended
                    ? "\(Format.number(sums.returned)) units came back"
                    : batch.state == .ending ? "asked for; with the factory's next contact" : "when somebody closes it"
            ),
        ]
        let now = steps.firstIndex { !$0.isDone }
        let items = steps.enumerated().map { index, step -> Markup in
            let state = step.isDone ? "done" : index == now ? "now" : "later"
            let current: Markup = index == now ? " aria-current=\"step\"" : .empty
            return
                "<li class=\"\(state)\"\(current)><h3>\(step.title)</h3><p class=\"muted small\">\(step.text)</p></li>"
        }
        return "<ol class=\"steps\">\(items.joined())</ol>"
    }

    /// What stands beside the package's way: the file itself.
    static func package(_ batch: Batch, _ way: Markup, _ place: String) -> Markup {
        """
        \(.live("way", way, tag: "div"))\
        <p class="row">\(Markup.of(Button("Package file", "\(place)/package.json", icon: .export, isSmall: true, isDownload: true)))</p>\
        <p class="small muted">For a site without a link: bring it by stick. Only \(batch.edgeHSM.text) can open it.</p>\
        \(batch.package.map { .of(Definitions([("Size", .text(Format.octets($0.size))), ("SHA-256", .digest($0.digest.hex))])) } ?? .empty)
        """
    }
}
