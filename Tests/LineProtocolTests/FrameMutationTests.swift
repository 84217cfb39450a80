import Foundation
import LineProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

/// A request of every operation, changed outside and below its envelope: what reaches a handler says what the frame says,
/// and everything else is told what is wrong with it.
@Suite struct FrameMutationTests {
    private static let rounds = 20

    @Test func everyOperationHasASample() throws {
        #expect(Set(try RequestSamples.all().map(\.name)) == LineOperations.names)
    }

    @Test func mutatedRequestsAreRefusedOrReadAsTheyStand() async throws {
        let seed = Seed.take("LineProtocolTests.FrameMutationTests")
        var random = SeededGenerator(seed: seed)
        var codes: [Bool: Set<String>] = [:]
        for sample in try RequestSamples.all() {
            #expect(try await sample.code(sample.frame) == RequestSamples.handled, "\(sample.name) unchanged")
            for round in 0..<Self.rounds * 2 {
                // Every other one keeps its header: version, id and operation are right, the body is another.
                let isBelow = !round.isMultiple(of: 2)
                let change = JSONMutation.change(sample.frame, below: isBelow ? "body" : nil, using: &random)
                let code = try await sample.code(change.bytes)
                codes[isBelow, default: []].insert(code)
                #expect(code != LineProtocolError.internalFault.rawValue, "seed \(seed) \(sample.name) \(round)")
                guard code == RequestSamples.handled, let seen = sample.seen.take() else { continue }
                let sent = try #require(JSONSerialization.jsonObject(with: Data(change.bytes)) as? [String: Any])
                let read = try JSONSerialization.jsonObject(with: Data(seen))
                let isFaithful = Self.holds(sent["body"] as Any, read)
                #expect(isFaithful, "seed \(seed) \(sample.name) \(change.field): read as \(read)")
            }
        }
        let own: [LineProtocolError] = [.malformed, .wrongVersion, .unknownOperation]
        let form: [StatementError] = [.malformedJSON, .duplicateKey, .forbiddenNumber]
        let outer = Set(own.map(\.rawValue) + form.map(\.rawValue))
        #expect(outer.subtracting(codes[false] ?? []).isEmpty, "seed \(seed)")
        #expect(codes[true]?.contains(LineProtocolError.malformed.rawValue) == true, "seed \(seed)")
    }

    /// True when all that was read stands in what was sent; members that nobody knows may stand beside it.
    private static func holds(_ sent: Any, _ read: Any) -> Bool {
        if let read = read as? [String: Any] {
            let sent = sent as? [String: Any] ?? [:]
            return read.allSatisfy { name, value in sent[name].map { holds($0, value) } ?? false }
        }
        if let read = read as? [Any] {
            guard let sent = sent as? [Any], sent.count == read.count else { return false }
            return zip(sent, read).allSatisfy { holds($0, $1) }
        }
        return (sent as? NSObject) == (read as? NSObject)
    }
}

/// One good request of an operation, at a router where its handler keeps what it gets.
struct RequestSample {
    let name: String
    let frame: [UInt8]
    let seen: Seen
    let answer: @Sendable ([UInt8]) async -> [UInt8]

    /// What the reply says was wrong; every reply is a refusal here.
    func code(_ frame: [UInt8]) async throws -> String {
        let reply = await answer(frame)
        try StrictJSON.check(reply, limit: LineMessage.largest)
        return try #require(StatementCoding.decode(ReplyMessage<Nothing>.self, from: reply).refusal).code
    }

    /// The body that reached the handler last, encoded again.
    final class Seen: Sendable {
        private let body = Mutex<[UInt8]?>(nil)
        func set(_ bytes: [UInt8]) { body.withLock { $0 = bytes } }
        func take() -> [UInt8]? { body.withLock { $0.take() } }
    }
}
