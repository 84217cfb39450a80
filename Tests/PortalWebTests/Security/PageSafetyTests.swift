import Foundation
import HTTPTypes
import NIOHTTP1
import PortalProtocol
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// What each answer lets a browser do, and what each page holds beside text.
@Suite("The whole portal: headers, policy and markup of every page")
struct PageSafetyTests {
    private static let always = [
        "Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ]
    private static let pagePolicy: Set<String> = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
        "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    ]

    static func checkHeaders(_ reply: TestPortal.Reply, _ what: String) {
        for (name, value) in always { #expect(reply.headers[name] == [value], "\(what): \(name)") }
        let policy = reply.headers["Content-Security-Policy"]
        let isPage = reply.header("Content-Type")?.hasPrefix("text/html") == true
        let parts = Set((policy.first ?? "").split(separator: ";").map { $0.drop { $0 == " " } }.map(String.init))
        #expect(policy.count == 1 && parts == (isPage ? pagePolicy : ["default-src 'none'", "frame-ancestors 'none'"]))
        #expect(reply.header("Referrer-Policy") == (isPage ? "same-origin" : "no-referrer"), "\(what)")
        let isAsset = what.hasPrefix("/assets/") && reply.status == 200
        let caching = reply.header("Cache-Control")
        #expect(caching == (isAsset ? "public, max-age=31536000, immutable" : "no-store"), "\(what): \(caching ?? "")")
        for name in ["Server", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"] {
            #expect(reply.header(name) == nil, "\(what): \(name)")
        }
        if reply.status != 304, !reply.body.isEmpty {
            #expect(reply.header("Content-Type") != nil, "\(what): a browser would have to guess")
        }
    }

    /// Every role, and nobody, with tokens.
    private static func everybody(_ whole: WholePortal, _ objects: TwoODMs.Objects) async throws -> [String?] {
        let oem = try await whole.organisation(of: objects.admin)
        let officer = try await whole.invite([.oemSecurityOfficer], into: oem, by: objects.admin)
        let viewer = try await whole.invite([.oemViewer], into: oem, by: objects.admin)
        return [nil, objects.admin, officer.firstToken, viewer.firstToken, objects.own] + objects.strangers.map(\.token)
    }

    private static func path(_ template: PathTemplate, _ objects: TwoODMs.Objects) -> String {
        template.parameters.reduce(template.text) {
            $0.replacing("{\($1)}", with: $1 == "file" ? "people.csv" : objects.ids[$1] ?? "example")
        }
    }

    @Test(
        "each page that is shown to anybody keeps to the policy: nothing inline, nothing from elsewhere, no form without its token"
    )
    func pages() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            var (shown, forms) = (Set<String>(), 0)
            for token in try await Self.everybody(whole, objects) {
                for route in PageSite.pages where route.method == .get {
                    for path in [
                        Self.path(route.template, objects),
                        Self.path(route.template, objects) + "?told=keyMade&do=reset",
                    ] {
                        let headers = ["Accept": "text/html", "Sec-Fetch-Site": "same-origin"]
                        let reply = try await whole.portal.ask("GET", path, token: token, headers: headers)
                        // RoleKeys of this world name another portal's key, so neither this one's log nor what goes down to
                        // a factory can be signed here.
                        let wantsKey = path.hasPrefix("/audit") || path.contains("/downlink.tar")
                        #expect(reply.status < 500 || wantsKey, "\(path): \(reply.text)")
                        Self.checkHeaders(reply, path)
                        guard reply.header("Content-Type")?.hasPrefix("text/html") == true else { continue }
                        let page = PageMarkup(reply.text)
                        for complaint in page.complaints { Issue.record("\(path): \(complaint)") }
                        if reply.status == 200 { shown.insert(route.name) }
                        for form in page.forms where !route.isOpen {
                            forms += 1
                            #expect(form.method == "get" || form.names.contains("csrf"), "\(path): \(form)")
                        }
                    }
                }
                // What is wrong comes as a page too.
                for path in ["/nothing-here", "/batches/b-%3Cimg%20src=x%3E", "/products/%22%3E%3Cb%3E"] {
                    let reply = try await whole.portal.ask("GET", path, token: token, headers: ["Accept": "text/html"])
                    Self.checkHeaders(reply, path)
                    for complaint in PageMarkup(reply.text).complaints { Issue.record("\(path): \(complaint)") }
                    #expect(!reply.text.contains("<img") && !reply.text.contains("\"><b>"), "\(path)")
                }
            }
            #expect(shown.count > 24 && forms > 40, "\(shown.count) pages, \(forms) forms")
        }
    }

    @Test("the pages of who is signed in keep to it too: account, second factor, log, first start")
    func accountPages() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            func look(_ path: String) async throws {
                let page = try await ada.get(path)
                #expect(page.status == 200, "\(path)")
                Self.checkHeaders(page.reply, path)
                for complaint in PageMarkup(page.html).complaints { Issue.record("\(path): \(complaint)") }
            }
            try await look("/setup")
            _ = try await ada.setUp()
            for path in [
                "/", "/account", "/account/password", "/account/verify", "/account/authenticator",
                "/account/recovery-codes", "/account/tokens/new", "/audit", "/keys", "/people/invite",
            ] { try await look(path) }
        }
    }

    @Test("each answer of the API, of assets, files, streams, metrics and refusals has its headers")
    func headers() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            for declaration in whole.routes.map(\.declaration) {
                for token in [nil, objects.admin, objects.own] {
                    let reply = try await whole.portal.probe(declaration, token: token)
                    Self.checkHeaders(reply, declaration.operationID)
                    if declaration.method == .get {
                        let path = Self.path(declaration.template, objects)
                        Self.checkHeaders(try await whole.portal.ask("GET", path, token: token), path)
                    }
                    whole.portal.clock.advance(61)
                }
            }
            let home = try await whole.portal.ask("GET", "/", token: objects.admin, headers: ["Accept": "text/html"])
            let assets = Set(home.text.matches(of: /"(\/assets\/[^"#?]+)/).map { String($0.1) })
            #expect(assets.count >= 3)
            for path in assets.sorted() + [
                "/assets/none.css", "/metrics", "/live?page=/&once=1", "/exports/people.json",
            ] {
                Self.checkHeaders(try await whole.portal.ask("GET", path, token: objects.admin), path)
            }
            for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"] {
                let reply = try await whole.portal.ask(method, "/people", headers: ["Origin": "https://evil.example"])
                #expect(reply.status >= 400, "\(method)")
                Self.checkHeaders(reply, "\(method) /people")
            }
        }
    }
}

/// A page's markup, tag by tag, as a browser's parser would cut it.
struct PageMarkup {
    struct Form: CustomStringConvertible {
        var method = "get"
        var action = ""
        var names: Set<String> = []
        var description: String { "\(method) \(action) \(names.sorted())" }
    }

    private(set) var complaints: [String] = []
    private(set) var forms: [Form] = []

    /// Elements that no page has: each could run or load something, or change where others lead.
    private static let never: Set<String> = [
        "style", "iframe", "object", "embed", "base", "applet", "frame", "frameset", "math", "noembed",
        "foreignobject", "animate", "set", "portal", "meta-refresh",
    ]
    private static let addresses: Set<String> = [
        "src", "href", "action", "formaction", "poster", "data", "xlink:href", "srcset", "cite", "ping", "background",
    ]

    init(_ html: String) {
        let bytes = Array(html.utf8)
        var place = 0
        while let start = bytes[place...].firstIndex(of: UInt8(ascii: "<")) {
            guard let (tag, end) = Self.tag(bytes, from: start) else {
                complaints.append("a stray < before \(String(decoding: bytes[start...].prefix(40), as: UTF8.self))")
                return
            }
            if let tag { look(tag) }
            place = end
        }
    }

    private struct Tag {
        var name: String
        var attributes: [(name: String, value: String)] = []
        func value(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    /// Nil: what begins here is no tag of the kind that we write.
    private static func tag(_ bytes: [UInt8], from start: Int) -> (Tag?, end: Int)? {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        var place = start + 1
        if place < bytes.count, bytes[place] == UInt8(ascii: "/") || bytes[place] == UInt8(ascii: "!") {
            guard let end = bytes[place...].firstIndex(of: UInt8(ascii: ">")) else { return nil }
            let inside = text(place + 1..<end)
            let isPlain = inside.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "<") } && !inside.hasPrefix("--")
            return isPlain ? (nil, end + 1) : nil
        }
        func isNameByte(_ byte: UInt8) -> Bool {
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x3A
        }
        let nameEnd = bytes[place...].firstIndex { !isNameByte($0) } ?? bytes.count
        guard nameEnd > place else { return nil }
        var tag = Tag(name: text(place..<nameEnd).lowercased())
        place = nameEnd
        while place < bytes.count {
            while place < bytes.count, [0x20, 0x0A, 0x09, UInt8(ascii: "/")].contains(bytes[place]) { place += 1 }
            guard place < bytes.count else { return nil }
            if bytes[place] == UInt8(ascii: ">") { return (tag, place + 1) }
            let attributeEnd = bytes[place...].firstIndex { !isNameByte($0) } ?? bytes.count
            guard attributeEnd > place else { return nil }
            let name = text(place..<attributeEnd).lowercased()
            place = attributeEnd
            guard place < bytes.count, bytes[place] == UInt8(ascii: "=") else {
                tag.attributes.append((name, ""))
                continue
            }
            // Quoted, always.
            guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "\""),
                let close = bytes[(place + 2)...].firstIndex(of: UInt8(ascii: "\""))
            else { return nil }
            tag.attributes.append((name, text(place + 2..<close)))
            place = close + 1
        }
        return nil
    }

    private mutating func look(_ tag: Tag) {
        if Self.never.contains(tag.name) { complaints.append("<\(tag.name)>") }
        let names = tag.attributes.map(\.name)
        if Set(names).count != names.count { complaints.append("<\(tag.name)> with an attribute twice") }
        for (name, value) in tag.attributes {
            if name == "style" || name.hasPrefix("on") || name == "srcdoc" || name == "nonce" {
                complaints.append("<\(tag.name) \(name)=\"\(value.prefix(60))\">")
            }
            if value.contains("<") { complaints.append("<\(tag.name) \(name)> holds a <") }
            if Self.addresses.contains(name), !Self.isOwn(value) {
                complaints.append("<\(tag.name) \(name)=\"\(value.prefix(80))\"> leads elsewhere")
            }
        }
        switch tag.name {
        case "script":
            if tag.value("src")?.hasPrefix("/assets/") != true { complaints.append("a script without a file of ours") }
        case "link":
            if tag.value("href")?.hasPrefix("/assets/") != true { complaints.append("a link without a file of ours") }
        case "meta":
            if tag.value("http-equiv") != nil { complaints.append("<meta http-equiv>") }
        case "form":
            forms.append(Form(method: (tag.value("method") ?? "get").lowercased(), action: tag.value("action") ?? ""))
        case "input", "button", "select", "textarea":
            if let name = tag.value("name"), !forms.isEmpty { forms[forms.count - 1].names.insert(name) }
        default: break
        }
    }

    /// A path or fragment of this portal.
    private static func isOwn(_ address: String) -> Bool {
        address.isEmpty || address.hasPrefix("#") || address.hasPrefix("?")
            || (address.hasPrefix("/") && !address.hasPrefix("//") && !address.hasPrefix("/\\"))
    }
}
