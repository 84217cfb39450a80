/// Our icons: strokes on a grid of 24, one weight, round ends. They stand in one sprite file.
enum Icon: String, CaseIterable, Sendable {
    case overview, product, batch, factory, device, alarm, key, audit, people, export
    case search, sun, moon, check, cross, warning, info, clock, link, unlink, copy, chevron, plus, pause, play
    case shield, person, leave, menu, arrow, upload, file, filter, review, book, lock

    private var strokes: String {
        switch self {
        case .overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z"
        case .product: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9"
        case .batch: "M12 3l9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5"
        case .factory: "M3 21V9l6 4V9l6 4V5h6v16zM8 17h1M12.5 17h1M17 17h1"
        case .device: "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4"
        case .alarm: "M6 16V10.5a6 6 0 0 1 12 0V16l2 2H4zM10 21h4"
        case .key: "M14.5 9.5m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0M10.5 13.5L3 21M6 18l2 2"
        case .audit: "M5 3h11l3 3v15H5zM9 9h6M9 13h6M9 17h4"
        case .people:
            "M9 8m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.5c2.3.8 3.5 2.700 3.5 5.500"
        case .export: "M12 3v12M7.500 10.500L12 15l4.500-4.500M4 17v4h16v-4"
        case .search: "M11 11m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0M16 16l5 5"
        case .sun:
            "M12 12m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M19 5l-1.400 1.400M6.400 17.600L5 19"
        case .moon: "M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z"
        case .check: "M5 12.500l4.500 4.500L19 7.500"
        case .cross: "M6 6l12 12M18 6L6 18"
        case .warning: "M12 4l9.500 16.500h-19zM12 10v4.500M12 17.500v.1"
        case .info: "M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 11v5.500M12 7.500v.1"
        case .clock: "M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 7v5.200l3.200 2"
        case .link:
            "M10 14a4.500 4.500 0 0 0 6.500.300l3-3a4.500 4.500 0 0 0-6.400-6.400L12 6M14 10a4.500 4.500 0 0 0-6.500-.300l-3 3a4.500 4.500 0 0 0 6.400 6.400L12 18"
        case .unlink:
            "M17 14l2.500-2.500a4.500 4.500 0 0 0-6.400-6.400L12 6M7 10l-2.500 2.500a4.500 4.500 0 0 0 6.400 6.400L12 18M4 4l16 16"
        case .copy: "M9 9h11v11H9zM15 9V4H4v11h5"
        case .chevron: "M9 5l7 7-7 7"
        case .plus: "M12 5v14M5 12h14"
        case .pause: "M8 5v14M16 5v14"
        case .play: "M7 4.500v15l12-7.500z"
        case .shield: "M12 3l8 3v6c0 5-3.500 8-8 9.500C7.500 20 4 17 4 12V6zM8.500 12l2.500 2.500 4.500-5"
        case .person: "M12 8m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4 21c0-4.500 3.500-7 8-7s8 2.500 8 7"
        case .leave: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4"
        case .menu: "M4 7h16M4 12h16M4 17h16"
        case .arrow: "M4 12h15M13 6l6 6-6 6"
        case .upload: "M12 16V4M7.500 8.500L12 4l4.500 4.500M4 17v4h16v-4"
        case .file: "M6 3h8l5 5v13H6zM14 3v5h5"
        case .filter: "M3 5h18l-7 8.500V20l-4-2v-4.500z"
        case .review: "M4 5h16v12h-9l-5 4v-4H4zM8 9h8M8 13h5"
        case .lock: "M6 11h12v10H6zM8.500 11V7.500a3.500 3.500 0 0 1 7 0V11M12 15v2"
        case .book: "M4 5c3-1.500 6-1.500 8 .500 2-2 5-2 8-.500v14c-3-1.500-6-1.500-8 .500-2-2-5-2-8-.500zM12 5.500v14"
        }
    }

    /// The file of all symbols.
    static let sprite: String =
        #"<svg xmlns="http://www.w3.org/2000/svg">"#
        + allCases.map { icon in
            #"<symbol id="\#(icon.rawValue)" viewBox="0 0 24 24" fill="none" stroke="currentColor" "#
                + #"stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"><path d="\#(icon.strokes)"/></symbol>"#
        }.joined() + "</svg>"

    /// Beside a text that says the same, so hidden from screen readers.
    var markup: Markup {
        "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"\(Assets.shared.icons)#\(rawValue)\"/></svg>"
    }
}
