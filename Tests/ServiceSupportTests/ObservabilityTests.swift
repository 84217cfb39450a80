import Foundation
import Logging
import Synchronization
import Testing
import Vocabulary

@testable import ServiceSupport

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct JSONLogHandlerTests {
    private func logged(_ body: (inout Logger) -> Void) throws -> [[String: Any]] {
        let lines = Lines()
        var logger = Logger(label: "test") { JSONLogHandler(label: $0, sink: { lines.append($0) }) }
        body(&logger)
        return try lines.all.map {
            #expect(!$0.contains("\n") && $0.utf8.count <= JSONLogHandler.longestLine)
            return try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func everyLineIsOneObjectWhateverIsLogged() throws {
        let awkward = "a\"b\\c\nd\r\t\u{0}\u{1b}[31m\u{7f}\u{9b}\u{2028}é😀"
        let lines = try logged { logger in
            logger[metadataKey: "request"] = "7f"
            logger.info("\(awkward)", metadata: ["key\n\"": .string(awkward), "list": ["1", ["x": "y"]]])
            logger.debug("not shown")
        }
        #expect(lines.count == 1)
        #expect(lines[0]["message"] as? String == awkward)
        #expect(lines[0]["key\n\""] as? String == awkward)
        #expect(lines[0]["request"] as? String == "7f")
        #expect(lines[0]["level"] as? String == "info")
        #expect((lines[0]["list"] as? [Any])?.count == 2)
        let time = try #require(lines[0]["time"] as? String)
        #expect(time.count == 24 && time.hasSuffix("Z"))
        #expect(try Instant(String(time.prefix(19)) + "Z") > testTime + -86_400 * 365)
    }

    @Test func secretsAreNotPrinted() throws {
        let secret = Secret(Array("hunter2".utf8))
        let lines = try logged {
            $0.info(
                "pin \(secret)",
                metadata: [
                    "value": .stringConvertible(secret), "userPIN": "hunter2", "api_token": "hunter2",
                    "nested": ["password": "hunter2", "pinned": "shown"],
                ]
            )
        }
        #expect(!"\(lines)".contains("hunter2"))
        #expect("\(lines)".contains("shown"))
        #expect(lines[0]["message"] as? String == "pin <redacted>")
    }

    @Test func linesAreBounded() throws {
        let long = String(repeating: "\u{1}é", count: 50_000)
        let lines = try logged { logger in
            logger.info("\(long)", metadata: Dictionary(uniqueKeysWithValues: (0..<500).map { ("k\($0)", "\(long)") }))
        }
        #expect(lines[0]["truncated"] as? Bool == true)
    }
}

@Suite struct MetricsTests {
    @Test func textIsPrometheus() {
        let metrics = Metrics()
        let requests = metrics.counter("b_total", "Requests\nby \\ result.", label: "result", values: ["ok", "a\"b"])
        requests.increment("ok")
        requests.increment("ok", by: 4)
        requests.increment("a\"b")
        requests.increment("from a peer")
        requests.increment("another")
        metrics.gauge("a_open", "Open.").add(3)
        metrics.gauge("a_open", "Open.").add(-1)
        metrics.histogram("c_seconds", "Time.").observe(seconds: 0.003)
        metrics.histogram("c_seconds", "Time.").observe(.seconds(60))
        let text = metrics.text()
        #expect(
            text.hasPrefix(
                """
                # HELP a_open Open.
                # TYPE a_open gauge
                a_open 2.0
                # HELP b_total Requests\\nby \\\\ result.
                # TYPE b_total counter
                b_total{result="a\\"b"} 1
                b_total{result="ok"} 5
                b_total{result="other"} 2
                # HELP c_seconds Time.
                # TYPE c_seconds histogram
                c_seconds_bucket{le="0.0005"} 0

                """
            )
        )
        #expect(text.contains("c_seconds_bucket{le=\"0.005\"} 1\n"))
        #expect(text.contains("c_seconds_bucket{le=\"10.0\"} 1\n"))
        #expect(text.hasSuffix("c_seconds_bucket{le=\"+Inf\"} 2\nc_seconds_sum 60.003\nc_seconds_count 2\n"))
    }

    @Test func labelsNeverGrowBeyondTheirList() {
        let counter = Metrics().counter("x_total", "X.", label: "l", values: (0..<400).map(String.init))
        for number in 0..<10_000 { counter.increment(String(number)) }
        #expect(counter.lines().split(separator: "\n").count <= Series.mostValues + 1)
        #expect(counter.count("other") == 10_000 - UInt64(Series.mostValues))
    }

    @Test func countsOfManyThreadsAddUp() async {
        let metrics = Metrics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { metrics.counter("x_total", "X.").increment() } }
            }
        }
        #expect(metrics.counter("x_total", "X.").count() == 8_000)
    }
}
