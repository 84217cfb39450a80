import Foundation
import HTTPTypes
import PortalProtocol
import ServiceSupport
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("The mount")
struct MountTests {
    private func withAdmin(_ body: (TestPortal, String) async throws -> Void) async throws {
        try await TestPortal.run(people: TestRoutes.people()) { portal in
            try await body(portal, portal.identities.add([.oemAdmin], in: TestIdentities.oem).token.text)
        }
    }

    @Test("errors of every kind are problems with their code")
    func problems() async throws {
        try await withAdmin { portal, token in
            let key = ["Idempotency-Key": "12345678"]
            let json = ["Content-Type": "application/json"]
            let cases: [(TestPortal.Reply, Int, String)] = [
                (try await portal.ask("GET", "/v1/nothing"), 404, "portal.route.unknown"),
                (try await portal.ask("GET", "/"), 404, "portal.route.unknown"),
                (try await portal.ask("PUT", "/v1/things"), 405, "portal.method.not-allowed"),
                (try await portal.ask("TRACE", "/v1/things"), 405, "portal.method.not-allowed"),
                (try await portal.ask("GET", "/v1/things/gone"), 404, "portal.object.unknown"),
                (try await portal.ask("GET", "/v1/things/a%2Fb"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things/a%ZZ"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things?limit=0"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things?limit=+1"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things?kind=bank"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things?x=1"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things?limit=1&limit=2"), 400, "portal.request.malformed"),
                (try await portal.ask("GET", "/v1/things/broken"), 500, "portal.internal.failed"),
                (try await portal.ask("GET", "/v1/things/odd"), 500, "portal.internal.failed"),
                (
                    try await portal.ask("POST", "/v1/things", token: token, json: "{}"), 400,
                    "portal.idempotency.missing"
                ),
                (
                    try await portal.ask("POST", "/v1/things", token: token, headers: key, json: "{}"), 400,
                    "portal.request.malformed"
                ),
                (
                    try await portal.ask("POST", "/v1/things", token: token, headers: key, body: [0x7b]), 415,
                    "portal.body.type"
                ),
                (
                    try await portal.ask(
                        "POST",
                        "/v1/things",
                        token: token,
                        headers: key.merging(json) { $1 },
                        body: [UInt8](repeating: 0x20, count: 256 * 1_024 + 1)
                    ), 413, "portal.body.too-large"
                ),
                (
                    try await portal.ask("PATCH", "/v1/things/a", token: token, json: "{}"), 428,
                    "portal.precondition.missing"
                ),
                (
                    try await portal.ask(
                        "PATCH",
                        "/v1/things/a",
                        token: token,
                        headers: ["If-Match": "\"2\""],
                        json: #"{"name":"a","count":1}"#
                    ), 412, "portal.precondition.failed"
                ),
                (
                    try await portal.ask("PATCH", "/v1/things/a", token: token, headers: ["If-Match": "*"], json: "{}"),
                    412, "portal.precondition.failed"
                ),
            ]
            for (reply, status, code) in cases {
                #expect(reply.status == status, "\(code): \(reply.text)")
                #expect(reply.problem?.code == code)
                #expect(reply.problem?.status == status)
                #expect(reply.header("Content-Type") == "application/problem+json")
                #expect(reply.problem?.requestID == reply.header("X-Request-ID"))
                #expect(reply.header("X-Content-Type-Options") == "nosniff")
            }
            #expect(try await portal.ask("PUT", "/v1/things").header("Allow") == "GET, POST")
            let broken = try await portal.ask("GET", "/v1/things/broken", headers: ["X-Request-ID": "look-for-me"])
            #expect(broken.problem?.detail == nil)
            #expect(broken.header("X-Request-ID") == "look-for-me")
            #expect(portal.log.text.contains("look-for-me") && portal.log.text.contains("Unknown"))
        }
    }

    @Test("what is good is answered with status, tag and place")
    func goodAnswers() async throws {
        try await withAdmin { portal, token in
            let made = try await portal.ask(
                "POST",
                "/v1/things",
                token: token,
                headers: ["Idempotency-Key": "12345678"],
                json: #"{"name":"lamp","count":3}"#
            )
            #expect(made.status == 201)
            #expect(made.header("Location") == "/v1/things/lamp")
            #expect(made.header("ETag") == "\"1\"")
            #expect(try made.message(TestRoutes.Thing.self).count == 3)
            #expect(try await portal.ask("DELETE", "/v1/things/lamp", token: token).status == 204)
            #expect(try await portal.ask("GET", "/v1/things/l%61mp").text.contains("lamp"))
            let page = try await portal.ask("GET", "/v1/things?limit=200&kind=oem")
            #expect(page.text == #"{"items":[]}"#)
        }
    }

    @Test("raw octets go in bounded, whatever the client announces, and out in ranges")
    func rawOctets() async throws {
        try await withAdmin { portal, token in
            let raw = ["Content-Type": "application/octet-stream"]
            let largest = TestRoutes.Octetstream.largest
            let full = try await portal.ask(
                "PUT",
                "/v1/blobs/a",
                token: token,
                headers: raw,
                body: [UInt8](repeating: 1, count: largest)
            )
            #expect(try full.message(TestRoutes.Thing.self).count == largest)
            let range = try await portal.ask("GET", "/v1/blobs/a", headers: ["Range": "bytes=90-"])
            #expect(range.status == 206)
            #expect(range.body == Array(90..<100))
            #expect(range.header("Content-Range") == "bytes 90-99/100")
            let middle = try await portal.ask("GET", "/v1/blobs/a", headers: ["Range": "bytes=10-19"])
            #expect(middle.body == Array(10..<20))
            let beyond = try await portal.ask("GET", "/v1/blobs/a", headers: ["Range": "bytes=100-"])
            #expect(beyond.status == 416)
            #expect(try await portal.ask("GET", "/v1/blobs/a", headers: ["Range": "lines=1-"]).body.count == 100)
        }
    }

    @Test("no log line holds a token, a query or a body")
    func logsHoldNoSecrets() async throws {
        try await withAdmin { portal, token in
            _ = try await portal.ask("GET", "/v1/who/Admin?secret=hunter2", token: token)
            _ = try await portal.ask("GET", "/v1/who/Admin", token: token)
            _ = try await portal.ask("GET", "/v1/who/Admin", token: APIToken().text)
            let log = portal.log.text
            #expect(log.contains("\"operation\":\"whoAdmin\"") && log.contains("\"status\":\"200\""))
            #expect(!log.contains(token.dropFirst(10)) && !log.contains("obis_") && !log.contains("hunter2"))
        }
    }

    @Test("requests are counted by operation and class")
    func metrics() async throws {
        try await withAdmin { portal, token in
            _ = try await portal.ask("GET", "/v1/who/Admin", token: token)
            _ = try await portal.ask("GET", "/v1/who/Admin")
            _ = try await portal.ask("GET", "/nowhere")
            let text = portal.metrics.text()
            #expect(text.contains("obis_portal_responses_2xx_total{operation=\"whoAdmin\"} 1"))
            #expect(text.contains("obis_portal_responses_4xx_total{operation=\"whoAdmin\"} 1"))
            #expect(text.contains("obis_portal_responses_4xx_total{operation=\"none\"} 1"))
            #expect(text.contains("obis_portal_requests_in_flight 0"))
        }
    }

    @Test("two routes with one id, one place, or names that differ from the path's are refused")
    func inconsistentRoutes() async throws {
        let people = try TestRoutes.people()
        await #expect(throws: Refusal.self) { try await TestPortal.run(people: people + [people[0]]) { _ in } }
        #expect(throws: Refusal.self) {
            try Route(.get, "/v1/x/{other}", "x", .products, "X.") {
                (_: PublicContext, _: ObjectCall<TestRoutes.ThingPath>) in
                NoContent()
            }
        }
    }

    @Test("a stored answer opens with the same key, request and token alone")
    func sealedAnswers() async throws {
        let material = (header: "12345678", operation: "createThing")
        func key(_ header: String, _ request: String, _ caller: Caller) -> IdempotencyKey {
            IdempotencyKey(header: header, caller: caller, operation: material.operation, request: Array(request.utf8))
        }
        let callers = try await Self.callers()
        let first = key("12345678", "body", callers[0])
        let sealed = try first.seal(Array("answer".utf8))
        #expect(try key("12345678", "body", callers[0]).open(sealed) == Array("answer".utf8))
        for other in [
            key("12345679", "body", callers[0]), key("12345678", "bodY", callers[0]),
            key("12345678", "body", callers[1]),
        ] {
            #expect(throws: Refusal.self) { try other.open(sealed) }
        }
        #expect(key("12345678", "x", callers[0]).digest == first.digest)
        #expect(key("12345678", "x", callers[1]).digest != first.digest)
    }

    private static func callers() async throws -> [Caller] {
        let identities = TestIdentities()
        let clock = ClockSource(realtime: { .epoch }, bootSeconds: { 0 })
        let authenticator = try Authenticator(identities: identities, clock: clock, siteAuthorities: [])
        var callers: [Caller] = []
        for _ in 0..<2 {
            let token = identities.add([.oemAdmin], in: TestIdentities.oem).token.text
            callers.append(
                try await authenticator.caller(
                    for: .person,
                    head: RequestHead(
                        headers: [.authorization: "Bearer \(token)"],
                        authority: nil,
                        isSafe: false
                    ),
                    address: "local",
                    peer: { nil }
                )
            )
        }
        return callers
    }

    @Test("a cursor is taken back by the same list alone, and only unchanged")
    func cursors() throws {
        let cursors = PageCursors(key: Secret([UInt8](repeating: 7, count: 32)))
        let page = try cursors.page([1, 2, 3], limit: 2, of: "list o-1") { ["\($0)"] }
        #expect(page.items == [1, 2])
        let next = try #require(page.next)
        #expect(try cursors.start(next, of: "list o-1", count: 1) == ["2"])
        #expect(throws: Refusal.self) { try cursors.start(next, of: "list o-2", count: 1) }
        #expect(throws: Refusal.self) { try cursors.start(next, of: "list o-1", count: 2) }
        for index in next.text.indices {
            var text = next.text
            text.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(throws: Refusal.self) { try cursors.start(PageCursor(text), of: "list o-1", count: 1) }
        }
        #expect(try cursors.page([1, 2], limit: 2, of: "x") { ["\($0)"] }.next == nil)
    }
}
