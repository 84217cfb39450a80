import Statements
import Vocabulary

/// A file beside the pages, named by its content: what its address answers never changes.
public struct Asset: Sendable, Hashable {
    /// `/assets/app.0123456789abcdef.css`.
    public let path: String
    public let contentType: String
    public let bytes: [UInt8]

    init(_ name: String, _ ending: String, _ contentType: String, _ bytes: [UInt8]) {
        let hash = Digest256.of(bytes).hex.prefix(16)
        (path, self.contentType, self.bytes) = ("/assets/\(name).\(hash).\(ending)", contentType, bytes)
    }
}

/// Stylesheet, scripts and icons of this build.
public struct Assets: Sendable {
    public static let shared = Assets()

    public let all: [Asset]
    let style: String
    let script: String
    let icons: String
    let mark: String

    private init() {
        let javascript = "text/javascript; charset=utf-8"
        let icons = Asset("icons", "svg", "image/svg+xml", Array(Icon.sprite.utf8))
        let mark = Asset("mark", "svg", "image/svg+xml", Array(Brand.file.utf8))
        let style = Asset("app", "css", "text/css; charset=utf-8", Array(Stylesheet.text.utf8))
        let live = Asset("live", "js", javascript, Array(Script.live.utf8))
        let forms = Asset("forms", "js", javascript, Array(Script.forms.utf8))
        let main = Script.app.replacing("./live.js", with: live.path).replacing("./forms.js", with: forms.path)
        let app = Asset("app", "js", javascript, Array(main.utf8))
        all = [style, app, live, forms, icons, mark]
        (self.style, script, self.icons, self.mark) = (style.path, app.path, icons.path, mark.path)
    }
}

/// The product's mark: a box with a key's bit cut out of it.
enum Brand {
    private static let paths =
        #"<path d="M16 3l11 6v14l-11 6-11-6V9z" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"/>"#
        + #"<path d="M16 12a3.500 3.500 0 0 1 1.500 6.660V22h-3v-3.340A3.500 3.500 0 0 1 16 12z" fill="currentColor"/>"#
    static let file =
        ##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" color="#4a6cf0">"## + paths + "</svg>"
    static let markup = Markup(
        trusted: #"<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">"# + paths + "</svg>"
    )
}
