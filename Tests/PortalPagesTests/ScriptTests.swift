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

    /// Just enough of a browser for the module of live pages; each line is what an ended stream led to.
    private static let browser = """
        const listeners = {}, streams = [], said = [];
        let reloads = 0, status = 200;
        const lamp = { dataset: {}, textContent: '' };
        globalThis.addEventListener = (name, then) => (listeners[name] ??= []).push(then);
        globalThis.document = {
          hidden: false, activeElement: null, addEventListener: () => {}, querySelectorAll: () => [],
          querySelector: selector => selector === '.live' ? lamp : null,
        };
        globalThis.location = { pathname: '/batches/new', search: '', reload: () => { reloads += 1; } };
        globalThis.EventSource = class {
          static CLOSED = 2;
          on = {};
          constructor() { streams.push(this); }
          addEventListener(name, then) { this.on[name] = then; }
          close() { this.readyState = 2; }
        };
        globalThis.fetch = async () => ({ status, ok: status < 300, json: async () => ({}) });
        globalThis.setInterval = () => 0;
        startLive({ say: (...words) => said.push(words), reach: () => {} });
        const ends = async answer => {
          status = answer;
          streams.at(-1).on.end({});
          await new Promise(done => setTimeout(done, 5));
          console.log([answer, streams.length, reloads, said.length, lamp.textContent].join(' '));
        };
        for (const answer of [200, 503, 403, 401]) await ends(answer);
        for (const then of listeners.input) then({ target: { form: { method: 'get' } } });
        await ends(401);
        for (const then of listeners.input) then({ target: { form: { method: 'post' } } });
        for (const answer of [401, 401, 200]) await ends(answer);
        """

    @Test(
        "an ended stream asks again; only who is signed out is led away, and never from what they had typed",
        .enabled(if: FileManager.default.isExecutableFile(atPath: node))
    )
    func endedStream() throws {
        let run = try Subprocess.run(
            Self.node,
            ["--input-type=module"],
            input: Data((Script.live + "\n" + Self.browser).utf8)
        )
        // Answer, streams so far, pages loaded anew, notes, what the lamp says.
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "200 2 0 0 Connecting", "503 2 0 0 Not live", "403 2 0 0 Ended", "401 2 1 0 Ended", "401 2 2 0 Ended",
                "401 2 2 1 Ended", "401 2 2 1 Ended", "200 3 2 1 Connecting",
            ],
            "\(run.output)"
        )
    }

    @Test("the scripts stay small, and write no markup but what the portal made")
    func size() {
        let lines = [Script.app, Script.live, Script.forms].joined(separator: "\n").split(separator: "\n")
        #expect(lines.count < 370)
        #expect(lines.filter { $0.contains("innerHTML") }.count == 2, "of live places alone")
    }
}
