/// Everything that is listed, as files.
public struct ExportPage: SheetPage {
    public static let name = "exports"
    public let title = "Exports"
    let sheet: Sheet

    public init(_ lists: [(id: String, title: String, words: String)]) {
        let rows = lists.map { list -> [Markup] in
            [
                .sub(.text(list.title), .text(list.words)),
                "<span class=\"row\">\(Markup.of(Button("CSV", "/exports/\(list.id).csv", icon: .export, isSmall: true, isDownload: true)))\(Markup.of(Button("JSON", "/exports/\(list.id).json", icon: .export, isSmall: true, isDownload: true)))</span>",
            ]
        }
        sheet = Sheet(
            Head(
                "Exports",
                lead:
                    "Everything that is listed here, as a stream, as far as you may see it. JSON has each field as the API says it."
            ),
            main: [
                Box("lists", "Lists", .table("Exports", [.init("List"), .init("File", .tight)], rows), isFlush: true)
            ]
        )
    }
}
