import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import PortalPages

@Suite("The pages' own script")
struct ScriptTests {
    private static let node = "/usr/bin/node"

    /// Wall clocks beside the steps of several zones, and in the middle of nowhere near one.
    private static let times = [
        ("America/New_York", "2027-03-14T01:30"), ("America/New_York", "2027-03-14T02:30"),
        ("America/New_York", "2027-03-14T03:30"), ("America/New_York", "2027-11-07T01:30"),
        ("America/New_York", "2027-11-07T05:30"), ("Europe/Berlin", "2027-03-28T01:30"),
        ("Europe/Berlin", "2027-03-28T02:30"), ("Europe/Berlin", "2027-03-28T03:30"),
        ("Europe/Berlin", "2027-10-31T02:30"), ("Europe/Berlin", "2027-10-31T00:30"),
        ("Australia/Lord_Howe", "2027-04-04T01:45"), ("Australia/Lord_Howe", "2027-10-03T02:15"),
        ("Asia/Shanghai", "2026-11-23T14:05"), ("Asia/Kolkata", "2026-12-31T23:59"), ("UTC", "2028-02-29T00:00"),
    ]

    @Test(
        "a form shows the time in UTC that the portal then keeps",
        .enabled(if: FileManager.default.isExecutableFile(atPath: node))
    )
    func zones() throws {
        let calls = Self.times.map { "console.log(inZone('\($0.0)', '\($0.1)').toISOString().slice(0, 19));" }
        let run = try Subprocess.run(
            Self.node,
            ["--input-type=module"],
            input: Data((Script.forms + "\n" + calls.joined(separator: "\n")).utf8)
        )
        #expect(run.status == 0, "\(run.output)")
        let shown = run.output.split(separator: "\n").map { "\($0)Z" }
        let kept = try Self.times.map { try #require(FactoryTime.instant($0.1, in: $0.0)).description }
        #expect(shown == kept)
        #expect(kept[2] == "2027-03-14T07:30:00Z", "New York is on summer time by then")
    }

    @Test("the scripts stay small, and write no markup but what the portal made")
    func size() {
        let lines = [Script.app, Script.live, Script.forms].joined(separator: "\n").split(separator: "\n")
        #expect(lines.count < 350)
        #expect(lines.filter { $0.contains("innerHTML") }.count == 2, "of live places alone")
    }
}
