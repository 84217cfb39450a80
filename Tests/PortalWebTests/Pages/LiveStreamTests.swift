import Foundation
import PortalCore
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Live pages: their places, and how they end", .serialized)
struct LiveStreamTests {
    private static func head(_ port: Int, token: String, extra: String = "") -> String {
        "GET /live?page=%2F HTTP/1.1\r\nHost: localhost:\(port)\r\nAuthorization: Bearer \(token)\r\n"
            + "Accept: text/event-stream\r\n\(extra)\r\n"
    }

    @Test("a place is held as long as somebody holds it, also where nothing was ever written")
    func places() throws {
        let board = LiveBoard()
        let (one, other) = (PersonID(validated: "p-1"), PersonID(validated: "p-2"))
        var held = (0..<LiveBoard.mostOfOne).map { _ in board.enter(one) }
        #expect(held.allSatisfy { $0 != nil } && board.enter(one) == nil)
        #expect(board.count == LiveBoard.mostOfOne)
        let second = board.enter(other)
        #expect(second != nil && board.count == LiveBoard.mostOfOne + 1)
        held.removeLast()
        #expect(board.enter(one) != nil, "given back at once, and again")
        #expect(board.enter(one) != nil)
        held = []
        withExtendedLifetime(second) { #expect(board.count == 1) }
    }

    @Test("browsers that are gone before the answer, or in the midst of it, leave their places")
    func earlyLeavers() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let head = Self.head(whole.portal.people, token: admin)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<LiveBoard.mostOfOne * 3 {
                    tasks.addTask {
                        try await RawConnection.run(whole.portal) { connection in
                            try await connection.send(head)
                            try await Task.sleep(for: .milliseconds(number % 4 * 5))
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            var answer = ""
            // Whoever was cut off in the midst is noticed with the next tick.
            for _ in 0..<60 where !answer.hasPrefix("HTTP/1.1 200") {
                answer = try await RawConnection.run(whole.portal) { connection in
                    try await connection.send(head)
                    return try await connection.beginning()
                }
                if !answer.hasPrefix("HTTP/1.1 200") { try await Task.sleep(for: .seconds(1)) }
            }
            #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
        }
    }

    @Test("a moment with too much to do ends no live page")
    func busy() async throws {
        for status in [429, 500, 503, 507] { #expect(LiveBoard.passes(status)) }
        for status in [400, 401, 403, 404, 409] { #expect(!LiveBoard.passes(status)) }
        // What a tick asks is more than this person may ask a second.
        try await WholePortal.run(limits: RequestLimits(atOnce: 8, perSecond: 1)) { whole in
            let admin = try await whole.administrator()
            let text = try await RawConnection.run(whole.portal) { connection in
                try await connection.send(
                    Self.head(whole.portal.people, token: admin, extra: "Connection: close\r\n")
                )
                return try await connection.rest()
            }
            #expect(text.hasPrefix("HTTP/1.1 200") && text.contains("event: "), "\(text.prefix(200))")
            #expect(!text.contains("event: end") && !text.hasPrefix("still open"))
        }
    }

    @Test("a stream ends with its cookie, and its page goes on with the session's next one")
    func renewed() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let cookie = try #require(ada.browser.cookie)
            let head =
                "GET /live?page=%2F HTTP/1.1\r\nHost: localhost:\(whole.portal.people)\r\nConnection: close\r\n"
                + "Cookie: \(SessionCookie.session)=\(cookie)\r\nAccept: text/event-stream\r\n\r\n"
            let text = try await RawConnection.run(whole.portal) { connection in
                try await connection.send(head)
                _ = try await connection.beginning()
                let page = try await ada.get("/account/verify")
                _ = try await ada.send("/account/verify", ["code": app.nextCode()], from: page)
                return try await connection.rest()
            }
            #expect(text.contains("event: end"))
            #expect(ada.browser.cookie != cookie)
            #expect(try await ada.browser.ask("GET", "/live?page=%2F&once=1").status == 200)
            whole.portal.clock.advance(SessionRules.idle)
            #expect(try await ada.browser.ask("GET", "/live?page=%2F&once=1").status == 401)
        }
    }
}
