import EdgeHSMCore
import LineProtocol
import ServiceSupport
import Silicon
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMDaemon

@Suite("What one station can do to an EdgeHSM")
struct HostileStationTests {
    @Test("a station that is revoked while its unlock is made gets no answer, and nothing that it asked since is done")
    func revokedInFlight() async throws {
        let site = try await Site.make()
        let key = SoftwareKey()
        let chain = try await site.enrol("station-7", .station, key)
        let client = try site.client(chain, key)
        let station = LineCaller(prefix: "station") { try await client.request($0) }
        let context = StationContext(
            station: StationName(validated: "station-7"),
            certificate: Digest256.of(chain[0])
        )
        try await site.world.installProduct(site.engine)
        let batch = try await site.world.load(site.engine, quantity: 10, batch: "B1")
        let chip = EngineChip()
        _ = try await site.engine.issue(chip, batch, by: context)
        try await EngineWorld.rest(site.engine)
        let unlock = AnswerDebugChallenge.Request(
            authorization: batch,
            chipUID: chip.uid,
            challenge: Octets([1, 0, 0, 0] + [UInt8](repeating: 5, count: 32)),
            permissions: ADACPermissions.rework.hex
        )
        // The unlock is journaled and waits for the secure element; then the operator revokes.
        let written = StopSignal()
        site.world.token.hold { await written.wait() }
        async let answer = refusal { try await station.call(AnswerDebugChallenge.self, unlock) }
        let engine = site.engine
        while engine.writer.peek({ $0.durable.authorizations[batch]?.unlocks }) != 1 {
            try await Task.sleep(for: .milliseconds(5))
        }
        async let revoked = site.local.call(
            RevokeStation.self,
            .init(name: context.station, fingerprint: context.certificate)
        )
        while engine.writer.peek({ $0.durable.peers[context.certificate]?.isRevoked }) != true {
            try await Task.sleep(for: .milliseconds(5))
        }
        site.world.token.hold(nil)
        written.arrive()
        #expect(await answer == EdgeError.peerRevoked.rawValue)
        _ = try await revoked
        // What had passed the door before and reaches the engine now.
        let before = try await engine.account(batch)
        let fresh = EngineChip()
        for code in [
            await refusal { try await engine.issue(fresh, batch, by: context) },
            await refusal { try await engine.answerDebug(unlock, by: context) },
            await refusal {
                try await engine.reprovision(.init(authorization: batch, chipUID: chip.uid), by: context)
            },
        ] { #expect(code == EdgeError.peerRevoked.rawValue) }
        #expect(try await engine.account(batch) == before)
        #expect(engine.writer.peek { $0.durable.authorizations[batch]?.reprovisions } == 0)
        await client.close()
        await site.end()
    }

    @Test("one frame with a reason of one endless character is refused; the daemon lives and nothing is burned")
    func endlessReason() async throws {
        let site = try await Site.make()
        let key = SoftwareKey()
        let chain = try await site.enrol("station-7", .station, key)
        let station = try site.client(chain, key)
        let context = StationContext(
            station: StationName(validated: "station-7"),
            certificate: Digest256.of(chain[0])
        )
        try await site.world.installProduct(site.engine)
        let batch = try await site.world.load(site.engine, quantity: 10, batch: "B1")
        let unit = try await site.engine.issue(EngineChip(), batch, by: context).begun.unit
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
