import EdgeHSMCore
import LineProtocol
import ServiceSupport
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("What one station can do to an EdgeHSM")
struct HostileStationTests {
    @Test("one frame with a reason of one endless character is refused; the daemon lives and nothing is burned")
    func endlessReason() async throws {
        let site = try await Site.make()
        let key = SoftwareKey()
        let station = try site.client(try await site.enrol("station-7", .station, key), key)
        try await site.world.installProduct(site.engine)
        let batch = try await site.world.load(site.engine, quantity: 10, batch: "B1")
        let unit = try await site.engine.issue(EngineChip(), batch).begun.unit
        // One Character of 200,001 octets: as long as a frame takes, and longer than any entry.
        let reason = "e" + String(repeating: "\u{301}", count: 100_000)
        let body = #"{"authorization":"\#(batch.hex)","reason":"\#(reason)","unit":"\#(unit.hex)"}"#
        let frame = Array(#"{"body":\#(body),"id":"1","operation":"fail","version":1}"#.utf8)
        #expect(frame.count < LineMessage.largest && reason.count == 1)
        let reply = try await station.request(frame)
        let code = await refusal { try LineMessage.result(of: reply, to: "1", for: FailUnit.self) }
        #expect(code == "value.text.too-long")
        #expect(site.world.fatalCount == 0)
        // It is the unit that it was, and the line goes on.
        let asStation = LineCaller(prefix: "station") { try await station.request($0) }
        _ = try await asStation.call(FailUnit.self, .init(authorization: batch, unit: unit, reason: "label torn"))
        let failed = try await site.engine.entries().compactMap { $0.event.body as? Failed }
        #expect(failed.map(\.reason) == ["label torn"])
        _ = try await site.engine.issue(EngineChip(), batch)
        let account = try await site.engine.account(batch)
        #expect(account.issued == 2 && account.burned == 0)
        await station.close()
        await site.end()
    }
}
