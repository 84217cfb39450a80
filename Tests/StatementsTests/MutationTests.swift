import Foundation
import Statements
import Testing
import Vocabulary

/// Seeded mutations of each kind: outside the signature, and below it with the signature made good again.
@Suite struct MutationTests {
    private static let outer = 250
    private static let inner = 400

    @Test(arguments: StatementKind.all)
    func nothingChangedVerifies(kind: StatementKind) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let signer = try TestSigner("edge")
        let envelope = try kind.sample().signed(by: signer)
        let good = try envelope.serialized()
        for round in 0..<Self.outer {
            let bytes = mutated(good, using: &generator)
            let code = refusal {
                let read = try Envelope(parsing: bytes)
                _ = try kind.verify(read, signer.point)
                // White space, or a second copy of a member that counts nothing: what is signed is what was signed.
                #expect(read.payload == envelope.payload, "seed \(seed) round \(round)")
            }
            #expect(code?.hasPrefix("DEFECT") != true, "seed \(seed) round \(round): \(code ?? "")")
        }
    }

    @Test(arguments: StatementKind.all)
    func resignedContentIsRefusedOrMeansWhatItSays(kind: StatementKind) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let signer = try TestSigner("edge")
        let sample = try kind.sample()
        var refused = 0
        for round in 0..<Self.inner {
            let payload = JSONMutation.mutate(sample.payload, using: &generator)
            let envelope = try Envelope(payloadType: sample.payloadType, payload: payload, signatures: [])
                .signed(by: signer)
            let code = refusal {
                let read = try Envelope(parsing: envelope.serialized())
                let again = try kind.verify(read, signer.point)
                // Accepted: then reading what we would write for it gives the same once more.
                let rewritten = try Envelope(payloadType: sample.payloadType, payload: again, signatures: [])
                    .signed(by: signer)
                #expect(try kind.verify(rewritten, signer.point) == again, "seed \(seed) round \(round)")
            }
            #expect(code?.hasPrefix("DEFECT") != true, "seed \(seed) round \(round): \(code ?? "")")
            if code != nil { refused += 1 }
        }
        #expect(refused > Self.inner / 3, "seed \(seed): only \(refused) refused")
    }

    private func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes.remove(at: index)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
        case 2: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 3: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
        default: bytes[index] = [0, 0x22, 0x7B, 0x7D, 0x5C, 0xFF].randomElement(using: &generator) ?? 0
        }
        return bytes
    }
}
