public import PortalProtocol
public import Vocabulary

/// What a site says of itself, beside what its EdgeHSMs prove.
public struct SiteEventsPage: SheetPage {
    public static let name = "site-events"
    public let title: String
    let sheet: Sheet

    public init(_ page: Page<SiteEventView>, factory: Factory, now: Instant) {
        let place = "/factories/\(factory.id.text)"
        title = "What \(factory.name) says"
        let rows = page.items.map { event -> [Markup] in
            [
                .sub(.text(event.kind ?? "event"), "no. \(event.number) of \(Format.short(event.source.hex, 8))"),
                SiteEventFacts(event.line).markup,
                .sub(event.time.map { .time($0, seconds: true) } ?? .none, "here \(.ago(event.receivedAt, now: now))"),
            ]
        }
        sheet = Sheet(
            Head(
                "What the site says",
                crumbs: [("Factories", "/factories"), (factory.name, place)],
                badges: .badge(.warn, "Not proven"),
                lead:
                    "Reports of stations, sign-ins, files taken and refused. No signature stands behind them: whoever has the Factory Service's machine can write anything here."
            ),
            main: [
                Box(
                    "events",
                    "Events, newest first",
                    .table(
                        "Events of the site",
                        [
                            .init("Event"), .init("What it says", .wide), .init("At the site", .tight),
                        ],
                        rows,
                        empty: Empty(
                            .factory,
                            "Nothing yet",
                            "The Factory Service sends its events beside the journal, once it has joined."
                        ),
                        next: page.next.map { "\(place)/events?cursor=\($0.text)" }
                    ),
                    isFlush: true
                )
            ]
        )
    }
}
