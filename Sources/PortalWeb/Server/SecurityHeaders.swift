import HTTPTypes
import Hummingbird

/// Headers of every answer: what a browser may do with it.
enum SecurityHeaders {
    /// Of the API: nothing at all may be done with an answer but reading it.
    private static let api = "default-src 'none'; frame-ancestors 'none'"

    /// Of pages: scripts, styles, pictures and fonts from this host alone, none of them inline.
    private static let page = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
        "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    ].joined(separator: "; ")

    private static let always: [(HTTPField.Name, String)] = [
        (.strictTransportSecurity, "max-age=31536000"),
        (.xContentTypeOptions, "nosniff"),
        (.known("Cross-Origin-Opener-Policy"), "same-origin"),
        (.known("Cross-Origin-Resource-Policy"), "same-origin"),
        (
            .known("Permissions-Policy"),
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
        ),
    ]

    /// A handler's own Cache-Control stays: files under a name with their digest may be kept, and nothing else may.
    static func apply(to response: inout Response) {
        for (name, value) in always { response.headers[name] = value }
        let isPage = response.headers[.contentType]?.hasPrefix("text/html") == true
        response.headers[.contentSecurityPolicy] = isPage ? page : api
        // Neither tells another host anything. Of a page with `no-referrer` a browser sends forms with `Origin: null` (Fetch
        // standard, section 3.2), and who sent them could not be told.
        response.headers[.referrerPolicy] = isPage ? "same-origin" : "no-referrer"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }
}
