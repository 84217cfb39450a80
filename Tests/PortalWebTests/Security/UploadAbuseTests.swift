import Foundation
import HTTPTypes
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// Bodies that are not what they say: of files, of messages, and of forms.
@Suite("The whole portal: abused uploads", .serialized)
struct UploadAbuseTests {
    private static let octets = ["Content-Type": "application/octet-stream"]

    /// An engineer's portal.
    private static func run(
        deadlines: BodyDeadlines = .usual,
        _ body: (WholePortal, String) async throws -> Void
    ) async throws {
        try await WholePortal.run(deadlines: deadlines) { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let engineer = try await whole.invite([.odmEngineer, .odmProductionManager], into: odm, by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            try await body(whole, engineer.firstToken)
        }
    }

    private static func files(_ whole: WholePortal) throws -> [String] {
        let manager = FileManager.default
        return try manager.subpathsOfDirectory(atPath: whole.folder).filter { path in
            !path.hasPrefix("portal.sqlite") && manager.contents(atPath: whole.folder + "/" + path) != nil
        }
    }

    @Test("another content, type or size than named is refused, and nothing is left of it")
    func wrongContent() async throws {
        try await Self.run { whole, token in
            let bytes = Array("an image".utf8)
            let digest = Digest256.of(bytes).hex
            func put(_ path: String, _ headers: [String: String], _ body: [UInt8]) async throws -> TestPortal.Reply {
                try await whole.portal.ask("PUT", path, token: token, headers: headers, body: body)
            }
            let others = Digest256.of(Array("another".utf8)).hex
            let wrong = try await put("/v1/firmware/\(others)", Self.octets, bytes)
            #expect(wrong.problem?.code == "portal.file.digest-differs")
            for type in ["", "text/html", "multipart/form-data; boundary=x", "application/octet-stream2"] {
                let reply = try await put(
                    "/v1/firmware/\(digest)",
                    ["Content-Type": type].filter { !$1.isEmpty },
                    bytes
                )
                #expect(reply.status == 415 && reply.problem?.code == "portal.body.type", "\(type): \(reply.status)")
            }
            let large = [UInt8](repeating: 0, count: VersionRoutes.DeclarationKind.largest + 1)
            let tooLarge = try await put("/v1/declarations/\(Digest256.of(large).hex)", Self.octets, large)
            #expect(tooLarge.status == 413)
            let form = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"]
            let long = Array(("csrf=x&name=" + String(repeating: "a", count: PageForm.largest)).utf8)
            #expect(
                try await whole.portal.ask("POST", "/account", token: token, headers: form, body: long).status == 413
            )
            let json = try await whole.portal.ask(
                "POST",
                "/account",
                token: token,
                headers: form.merging(["Content-Type": "application/json"]) { $1 },
                body: Array("{}".utf8)
            )
            #expect(json.status == 415, "a form is no JSON")
            #expect(try Self.files(whole) == [], "nothing is left")
            #expect(try await put("/v1/firmware/\(digest)", Self.octets, bytes).status == 200)
            #expect(try Self.files(whole) == ["files/\(digest)"])
        }
    }

    /// Names that no digest has; some would be paths.
    private static let names = [
        "..%2F..%2Fportal.sqlite", "..%2fportal.sqlite", "%2e%2e%2fportal.sqlite", "../portal.sqlite", "%00",
        "/etc/passwd", "%2Fetc%2Fpasswd", String(repeating: "0", count: 63) + "%2F", String(repeating: "a", count: 65),
        String(repeating: "A", count: 64), String(repeating: "0", count: 62) + "%2e%2e", "..%5c..%5cportal.sqlite",
        "%c0%af", String(repeating: "0", count: 64) + "%00", "~", ".", "%", "..", "*", "con", "$(id)",
    ]

    @Test("an address that is no digest reaches no file, with whatever method")
    func paths() async throws {
        try await Self.run { whole, token in
            for name in Self.names {
                for (method, body) in [("PUT", "Content-Length: 3\r\n\r\nabc"), ("GET", "\r\n")] {
                    for folder in ["firmware", "declarations"] {
                        // As it stands: a client library would have made another address of it.
                        let reply = try await RawConnection.run(whole.portal) { connection in
                            try await connection.send(
                                "\(method) /v1/\(folder)/\(name) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Authorization: Bearer \(token)\r\n"
                                    + "Content-Type: application/octet-stream\r\n\(body)"
                            )
                            return try await connection.answer()
                        }
                        let status = reply.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                        let what = "\(method) \(folder)/\(name)"
                        #expect(["400", "404", "405"].contains(status), "\(what): \(reply.prefix(300))")
                        #expect(!reply.contains("SQLite") && !reply.contains("root:"), "\(what)")
                    }
                }
            }
            #expect(try Self.files(whole) == [])
        }
    }

    @Test(
        "what announces more than it may is refused at once, what never ends where it is too much, and both connections go"
    )
    func endless() async throws {
        try await Self.run { whole, token in
            let digest = String(repeating: "0", count: 64)
            func head(_ path: String, _ more: String) -> String {
                "PUT \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                    + "Content-Type: application/octet-stream\r\n\(more)\r\n\r\n"
            }
            let announced = try await RawConnection.run(whole.portal) { connection in
                try await connection.send(head("/v1/firmware/\(digest)", "Content-Length: 99999999999"))
                return try await connection.rest()
            }
            #expect(announced.hasPrefix("HTTP/1.1 413") && announced.contains("portal.body.too-large"), "\(announced)")
            let limit = VersionRoutes.DeclarationKind.largest
            let chunked = try await RawConnection.run(whole.portal) { connection in
                try await connection.send(head("/v1/declarations/\(digest)", "Transfer-Encoding: chunked"))
                let piece = "400\r\n" + String(repeating: "x", count: 1_024) + "\r\n"
                for _ in 0..<limit / 1_024 + 4 where connection.isOpen { try? await connection.send(piece) }
                return try await connection.rest()
            }
            #expect(chunked.hasPrefix("HTTP/1.1 413"), "\(chunked.prefix(200))")
            // Less than announced: the connection ends in the middle.
            _ = try await RawConnection.run(whole.portal) { connection in
                try await connection.send(head("/v1/firmware/\(digest)", "Content-Length: 1000") + "half")
                return ""
            }
            // Two lengths, and a length beside chunks: what a proxy and the portal could read differently.
            for doubled in [
                "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3\r\nTransfer-Encoding: chunked",
            ] {
                let reply = try await RawConnection.run(whole.portal) { connection in
                    try await connection.send(head("/v1/firmware/\(digest)", doubled) + "0\r\n\r\n")
                    return try await connection.rest()
                }
                #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 400"), "\(doubled): \(reply.prefix(120))")
            }
            #expect(try await whole.portal.ask("GET", "/v1/me", token: token).status == 200, "others go on")
            for _ in 0..<50 where try !Self.files(whole).isEmpty { try await Task.sleep(for: .milliseconds(100)) }
            #expect(try Self.files(whole) == [], "nothing is left")
        }
    }

    @Test("a body that trickles ends at its time: of a file, a message and a form")
    func slow() async throws {
        let short = BodyDeadlines(message: .milliseconds(300), file: .milliseconds(300))
        try await Self.run(deadlines: short) { whole, token in
            let digest = String(repeating: "0", count: 64)
            let requests = [
                ("PUT /v1/firmware/\(digest)", "application/octet-stream"), ("POST /v1/tokens", "application/json"),
                ("POST /account", "application/x-www-form-urlencoded"),
            ]
            for (line, type) in requests {
                let reply = try await RawConnection.run(whole.portal) { connection in
                    try await connection.send(
                        "\(line) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                            + "Idempotency-Key: slow-as-can-be\r\nContent-Type: \(type)\r\nContent-Length: 100\r\n\r\n"
                    )
                    for _ in 0..<90 where connection.isQuiet {
                        try? await connection.send("x")
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    return try await connection.answer()
                }
                #expect(reply.hasPrefix("HTTP/1.1 408") && reply.contains("portal.body.slow"), "\(line): \(reply)")
            }
            #expect(try Self.files(whole) == [])
        }
    }
}
