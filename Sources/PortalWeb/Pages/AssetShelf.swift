import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PortalPages
import Statements
import Vocabulary

/// Stylesheet, scripts, icons and fonts, in memory, each at an address with its digest: kept for a year.
struct AssetShelf: Sendable {
    private struct File: Sendable {
        let type: String
        let body: ByteBuffer
    }

    /// Families that pages name, and the files that `scripts/setup` leaves for them.
    private static let fonts = [
        (family: "Inter", weight: "400", file: "inter-regular.woff2"),
        (family: "Inter", weight: "600", file: "inter-semibold.woff2"),
        (family: "JetBrains Mono", weight: "400 600", file: "jetbrains-mono.woff2"),
    ]
    private static let largestFont = 200_000

    private let files: [String: File]
    /// Path of the stylesheet that names the fonts; nil where there are none: pages then use the system's.
    let fontStyle: String?

    /// - Parameter folder: with the WOFF2 files; absent or empty: no fonts are served.
    init(fonts folder: String?) throws {
        var files: [String: File] = [:]
        for asset in Assets.shared.all {
            files[asset.path] = File(type: asset.contentType, body: ByteBuffer(bytes: asset.bytes))
        }
        var style = ""
        for font in Self.fonts {
            guard let folder, let data = FileManager.default.contents(atPath: folder + "/" + font.file),
                data.count <= Self.largestFont
            else { continue }
            let path = "/assets/\(font.file.dropLast(6)).\(Digest256.of(data).hex.prefix(16)).woff2"
            files[path] = File(type: "font/woff2", body: ByteBuffer(bytes: data))
            style += """
                @font-face { font-family: "\(font.family)"; font-weight: \(font.weight); font-display: swap; \
                src: url("\(path)") format("woff2"); }

                """
        }
        if style.isEmpty {
            fontStyle = nil
        } else {
            let path = "/assets/fonts.\(Digest256.of(style.utf8).hex.prefix(16)).css"
            files[path] = File(type: "text/css; charset=utf-8", body: ByteBuffer(string: style))
            fontStyle = path
        }
        self.files = files
    }

    func answer(_ path: String, _ headers: HTTPFields) -> Response? {
        guard let file = files[path] else { return nil }
        return Response(
            status: .ok,
            headers: [.contentType: file.type, .cacheControl: "public, max-age=31536000, immutable"],
            body: .init(byteBuffer: file.body)
        )
    }
}
