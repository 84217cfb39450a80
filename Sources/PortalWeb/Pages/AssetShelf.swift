import Compression
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PortalPages
import Statements
import Vocabulary

/// Stylesheet, scripts, icons and fonts, in memory, each at an address with its digest: kept for a year, and compressed
/// once, at start.
///
/// Pages themselves are never compressed: each carries the token of its session's forms, and beside it what its address
/// says (a search, an error's detail). Whoever can make a browser ask for such addresses and see how long the answers
/// are would learn the token letter by letter (BREACH). What is here is the same for everybody and holds no secret.
struct AssetShelf: Sendable {
    private struct File: Sendable {
        let type: String
        /// Digest in the address.
        let tag: String
        let plain: ByteBuffer
        /// Nil where compressing gains nothing, as of fonts.
        let gzip: ByteBuffer?

        init(_ type: String, path: String, _ bytes: [UInt8], isPacked: Bool = false) {
            self.type = type
            tag = path.split(separator: ".").dropLast().last.map(String.init) ?? ""
            plain = ByteBuffer(bytes: bytes)
            gzip = isPacked ? nil : Gzip.compressed(bytes).map { ByteBuffer(bytes: $0) }
        }
    }

    /// Families that pages name, and the files that `scripts/setup` leaves for them.
    private static let fonts = [
        (family: "Inter", weight: "400", file: "inter-regular.woff2"),
        (family: "Inter", weight: "600", file: "inter-semibold.woff2"),
        (family: "JetBrains Mono", weight: "400 600", file: "jetbrains-mono.woff2"),
    ]
    /// Octets of all fonts together; what does not fit is left to the system's.
    static let largestFonts = 200_000

    private let files: [String: File]
    /// Path of the stylesheet that names the fonts; nil where there are none: pages then use the system's.
    let fontStyle: String?

    /// - Parameter folder: with the WOFF2 files; absent or empty: no fonts are served.
    init(fonts folder: String?) throws {
        var files: [String: File] = [:]
        for asset in Assets.shared.all {
            files[asset.path] = File(asset.contentType, path: asset.path, asset.bytes)
        }
        var (style, left) = ("", Self.largestFonts)
        for font in Self.fonts {
            guard let folder, let data = FileManager.default.contents(atPath: folder + "/" + font.file),
                data.count <= left
            else { continue }
            left -= data.count
            let path = "/assets/\(font.file.dropLast(6)).\(Digest256.of(data).hex.prefix(16)).woff2"
            files[path] = File("font/woff2", path: path, Array(data), isPacked: true)
            style += """
                @font-face { font-family: "\(font.family)"; font-weight: \(font.weight); font-display: swap; \
                src: url("\(path)") format("woff2"); }

                """
        }
        if style.isEmpty {
            fontStyle = nil
        } else {
            let path = "/assets/fonts.\(Digest256.of(style.utf8).hex.prefix(16)).css"
            files[path] = File("text/css; charset=utf-8", path: path, Array(style.utf8))
            fontStyle = path
        }
        self.files = files
    }

    func answer(_ path: String, _ headers: HTTPFields) -> Response? {
        guard let file = files[path] else { return nil }
        let packed = Self.acceptsGzip(headers[values: .acceptEncoding]) ? file.gzip : nil
        // Two forms of one file are two representations, each with a tag of its own (RFC 9110 section 8.8.3.3).
        let tag = packed == nil ? "\"\(file.tag)\"" : "\"\(file.tag)-gzip\""
        var answer: HTTPFields = [
            .contentType: file.type, .cacheControl: "public, max-age=31536000, immutable", .eTag: tag,
        ]
        if file.gzip != nil { answer[.vary] = "Accept-Encoding" }
        let known = [tag, "\"\(file.tag)\"", "\"\(file.tag)-gzip\""]
        if Self.isKnown(headers[values: .ifNoneMatch], known) { return Response(status: .notModified, headers: answer) }
        if packed != nil { answer[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: answer, body: .init(byteBuffer: packed ?? file.plain))
    }

    /// RFC 9110 section 12.5.3: what is named with a weight above 0, or else `*`.
    static func acceptsGzip(_ values: [String]) -> Bool {
        var any = false
        for element in values.flatMap({ $0.split(separator: ",") }) {
            let parts = element.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let coding = parts.first, ["gzip", "x-gzip", "*"].contains(coding) else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { $0.dropFirst(2) } ?? "1"
            let isWanted = weight.contains { ("1"..."9").contains($0) }
            if coding != "*" { return isWanted }
            any = isWanted
        }
        return any
    }

    /// If-None-Match, compared weakly (RFC 9110 section 13.1.2).
    private static func isKnown(_ values: [String], _ tags: [String]) -> Bool {
        values.flatMap { $0.split(separator: ",") }.contains { element in
            let tag = element.filter { !$0.isWhitespace }
            return tag == "*" || tags.contains(tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag)
        }
    }
}
