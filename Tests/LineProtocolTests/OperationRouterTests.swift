import LineProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

private struct SecretFault: Error { let secret = "hunter2" }

@Suite struct OperationRouterTests {
    private let context = ServiceContext(service: StationName(validated: "service-1"), certificate: .zero)

    private func router(
        _ seen: Outcomes = Outcomes(),
        _ handler: @escaping @Sendable (ReadJournal.Request) throws -> ReadJournal.Reply
    ) -> OperationRouter<ServiceContext> {
        var router = OperationRouter<ServiceContext> { _, outcome in seen.add(outcome) }
        router.mount(ReadJournal.self) { _, request in try handler(request) }
        return router
    }

    @Test func answersWithWhatTheHandlerReturns() async throws {
        let router = router { ReadJournal.Reply(entries: [Octets([UInt8(1)])], size: $0.from + $0.limit) }
        let caller = LineCaller(prefix: "t") { await router.answer(context, $0) }
        let reply = try await caller.call(ReadJournal.self, .init(from: 3, limit: 4))
        #expect(reply.size == 7 && reply.entries.first?.bytes == [1])
    }

    @Test func aHandlersRefusalReachesTheCallerWhole() async throws {
        let refusal = Refusal(VocabularyError.malformedTime, "from")
        let router = router { _ in throw refusal }
        let caller = LineCaller(prefix: "t") { await router.answer(context, $0) }
        await #expect(throws: refusal) { try await caller.call(ReadJournal.self, .init(from: -1, limit: 1)) }
    }

    @Test func anyOtherErrorIsToldWithoutItsContent() async throws {
        let seen = Outcomes()
        let router = router(seen) { _ in throw SecretFault() }
        let frame = try LineMessage.request(ReadJournal.self, id: "a", .init(from: 0, limit: 1))
        let reply = await router.answer(context, frame)
        #expect(!String(decoding: reply, as: UTF8.self).contains("hunter2"))
        #expect(throws: Refusal(LineProtocolError.internalFault)) {
            try LineMessage.result(of: reply, to: "a", for: ReadJournal.self)
        }
        #expect(seen.all.first?.fault is SecretFault)
    }

    @Test func tellsAnUnknownOperationFromOneOfAnotherRole() async throws {
        let router = router { _ in ReadJournal.Reply(entries: [], size: 0) }
        let caller = LineCaller(prefix: "t") { await router.answer(context, $0) }
        let wrongRole = await #expect(throws: Refusal.self) {
            try await caller.call(
                BeginUnit.self,
                .init(authorization: .zero, chipUID: try ChipUID(repeatElement(1, count: 16)))
            )
        }
        #expect(wrongRole?.has(LineProtocolError.wrongRole) == true)
        let frame = Array(#"{"version":1,"id":"x","operation":"make-money","body":{}}"#.utf8)
        let reply = await router.answer(context, frame)
        let unknown = #expect(throws: Refusal.self) {
            try LineMessage.result(of: reply, to: "x", for: ReadJournal.self)
        }
        #expect(unknown?.has(LineProtocolError.unknownOperation) == true)
    }

    @Test func aReplyToAnotherRequestIsRefused() async throws {
        let caller = LineCaller(prefix: "t") { _ in
            try LineMessage.reply(id: "other-1", ReadJournal.Reply(entries: [], size: 0))
        }
        let refusal = await #expect(throws: Refusal.self) {
            try await caller.call(ReadJournal.self, .init(from: 0, limit: 1))
        }
        #expect(refusal?.has(LineProtocolError.wrongReply) == true)
    }

    @Test func everyOperationHasItsOwnName() {
        #expect(LineOperations.names.count == LineOperations.all.count)
    }

    /// Frames that differ from good ones in a few octets are answered by a refusal or by the handler, never by a trap.
    @Test func mutatedFramesAreAnswered() async throws {
        let seed = Seed.take("LineProtocolTests.OperationRouterTests")
        var random = SeededGenerator(seed: seed)
        let seen = Outcomes()
        let router = router(seen) { _ in ReadJournal.Reply(entries: [], size: 0) }
        let good = try LineMessage.request(ReadJournal.self, id: "abc", .init(from: 10, limit: 20))
        for round in 0..<700 {
            var frame = good
            if round.isMultiple(of: 2) {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    frame[Int.random(in: frame.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            } else {
                frame = Mutation.field(of: round, &random)
            }
            let reply = await router.answer(context, frame)
            #expect(!reply.isEmpty, "seed \(seed) round \(round)")
            #expect(throws: Never.self, "seed \(seed) round \(round)") {
                try StrictJSON.check(reply, limit: LineMessage.largest)
            }
        }
        let codes = Set(seen.all.compactMap { $0.refusal?.code })
        let expected: [LineProtocolError] = [.malformed, .wrongVersion, .unknownOperation, .wrongRole]
        for code in expected { #expect(codes.contains(code.rawValue), "seed \(seed)") }
        #expect(codes.contains(StatementError.malformedJSON.rawValue), "seed \(seed)")
        #expect(codes.contains(StatementError.duplicateKey.rawValue), "seed \(seed)")
        #expect(!codes.contains(LineProtocolError.internalFault.rawValue), "seed \(seed)")
    }
}

/// Well-formed JSON with one field wrong: below the outer layer.
private enum Mutation {
    static func field(of round: Int, _ random: inout SeededGenerator) -> [UInt8] {
        let number = Int.random(in: -5...5, using: &random)
        let texts = [
            #"{"body":{"from":\#(number),"limit":1},"id":"a","operation":"readJournal","version":\#(number)}"#,
            #"{"body":{"from":"\#(number)","limit":1},"id":"a","operation":"readJournal","version":1}"#,
            #"{"body":{"limit":\#(number)},"id":"a","operation":"readJournal","version":1}"#,
            #"{"body":[\#(number)],"id":"a","operation":"readJournal","version":1}"#,
            #"{"body":{},"id":"","operation":"readJournal","version":1}"#,
            #"{"body":{},"id":"a","operation":"zeroise","version":1}"#,
            #"{"body":{},"id":"a","operation":"op\#(number)","version":1}"#,
            #"{"body":{},"id":"a","id":"b","operation":"readJournal","version":1}"#,
            #"{"body":{"from":1.5,"limit":1},"id":"a","operation":"readJournal","version":1}"#,
            #"{"id":"a","operation":"readJournal","version":1}"#,
        ]
        return Array(texts[round / 2 % texts.count].utf8)
    }
}

private final class Outcomes: Sendable {
    private let list = Mutex<[OperationRouter<ServiceContext>.Outcome]>([])
    var all: [OperationRouter<ServiceContext>.Outcome] { list.withLock { $0 } }
    func add(_ outcome: OperationRouter<ServiceContext>.Outcome) { list.withLock { $0.append(outcome) } }
}
