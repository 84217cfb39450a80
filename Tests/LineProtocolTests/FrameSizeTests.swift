import LineProtocol
import Statements
import TestSupport
import Testing
import Vocabulary

/// What must fit a frame, at its largest.
@Suite struct FrameSizeTests {
    private func status(_ revoked: Int, _ closed: Int) throws -> PortalStatus {
        let id = Digest256(validated: [UInt8](repeating: 0xAB, count: 32))
        return PortalStatus(
            edgeHSM: try EdgeHSMID(String(repeating: "e", count: 64)),
            time: Instant(seconds: 4_000_000_000),
            nonce: try Nonce(id.bytes),
            revokedAuthorizations: [Digest256](repeating: id, count: revoked),
            closeAuthorizations: [Digest256](repeating: id, count: closed),
            roleKeysVersion: Int(StrictJSON.largestInteger),
            storedSize: Int(StrictJSON.largestInteger),
            storedRoot: id
        )
    }

    @Test(arguments: [(PortalStatus.mostRevocations, 0), (1, PortalStatus.mostRevocations - 1)])
    func theLargestStatusFitsAFrame(_ revoked: Int, _ closed: Int) throws {
        let id = Digest256(validated: [UInt8](repeating: 0xAB, count: 32))
        let signature = Envelope.Signature(
            keyID: id,
            value: try RawSignature([UInt8](repeating: 0x7F, count: 64))
        )
        var envelope = try status(revoked, closed).unsigned()
        for _ in 0..<Envelope.mostSignatures { envelope = envelope.adding(signature) }
        #expect(envelope.payload.count <= PortalStatus.largestPayload)
        #expect(try PortalStatus.read(payload: envelope.payload).revokedAuthorizations.count == revoked)
        let parts = try DownlinkBundle(status: envelope).parts(limit: ApplyDownlink.largestPart)
        #expect(parts.map(\.status) == [envelope])
        let id128 = String(repeating: "i", count: 64)
        let frame = try LineMessage.request(ApplyDownlink.self, id: id128, .init(bundle: parts[0]))
        #expect(frame.count <= LineMessage.largest)
    }

    @Test func moreRevocationsThanFitAreNoStatus() throws {
        let most = PortalStatus.mostRevocations
        for status in [try status(most + 1, 0), try status(0, most + 1), try status(most, 1)] {
            #expect(throws: Refusal.self) { try status.validate() }
        }
    }

    /// The fullest part that `parts` makes still fits, with its JSON around it.
    @Test func everyPartFitsAFrameAndNothingIsLost() throws {
        let seed = Seed.take("LineProtocolTests.FrameSizeTests")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let envelopes = (0..<Int.random(in: 0...40, using: &random)).map { number in
                let size = Int.random(in: 1...30_000, using: &random)
                return Envelope(payloadType: "t/\(number)", payload: [UInt8](repeating: 1, count: size), signatures: [])
            }
            let cut = Int.random(in: 0...envelopes.count, using: &random)
            let whole = DownlinkBundle(roleKeys: Array(envelopes[..<cut]), orders: Array(envelopes[cut...]))
            let parts = try whole.parts(limit: ApplyDownlink.largestPart)
            #expect(parts.flatMap { $0.roleKeys + $0.orders } == envelopes, "seed \(seed)")
            for part in parts {
                let frame = try LineMessage.request(ApplyDownlink.self, id: "x", .init(bundle: part))
                #expect(frame.count <= LineMessage.largest, "seed \(seed)")
            }
        }
        let huge = Envelope(payloadType: "t", payload: [UInt8](repeating: 1, count: 200_000), signatures: [])
        #expect(throws: Refusal.self) {
            try DownlinkBundle(status: huge).parts(limit: ApplyDownlink.largestPart)
        }
    }
}
