import Foundation
import Statements
import TestSupport
import Testing
import Vocabulary

/// Seeded mutations of each kind: outside the signature, and below it with the signature made good again.
@Suite struct MutationTests {
    private static let outer = 250
    private static let inner = 400

    /// What reading a statement may answer, and what the forms of every kind's payload always meet.
    private static let readers = Set(StatementError.allCases.map(\.rawValue) + VocabularyError.allCases.map(\.rawValue))
    private static let always: Set<StatementError> = [
        .malformedJSON, .duplicateKey, .tooDeep, .forbiddenNumber, .notUnderstood,
    ]

    @Test(arguments: StatementKind.all)
    func nothingChangedVerifies(kind: StatementKind) throws {
        let seed = Seed.take("StatementsTests.MutationTests")
        var generator = SeededGenerator(seed: seed)
        let signer = try TestSigner("edge")
        let envelope = try kind.sample().signed(by: signer)
        let good = try envelope.serialized()
        var met: Set<String> = []
        for round in 0..<Self.outer {
            let bytes = mutated(good, using: &generator)
            let code = refusal {
                let read = try Envelope(parsing: bytes)
                _ = try kind.verify(read, signer.point)
                // White space, or a second copy of a member that counts nothing: what is signed is what was signed.
                #expect(read.payload == envelope.payload, "seed \(seed) round \(round)")
            }
            met.formUnion([code].compactMap { $0 })
            #expect(code?.hasPrefix("DEFECT") != true, "seed \(seed) round \(round): \(code ?? "")")
        }
        #expect(!met.isEmpty && met.isSubset(of: Self.readers), "seed \(seed): \(met.subtracting(Self.readers))")
    }

    @Test(arguments: StatementKind.all)
    func resignedContentIsRefusedOrMeansWhatItSays(kind: StatementKind) throws {
        let seed = Seed.take("StatementsTests.MutationTests")
        var generator = SeededGenerator(seed: seed)
        let signer = try TestSigner("edge")
        let sample = try kind.sample()
        var codes: [String] = []
        let forms = JSONMutation.forms(of: sample.payload)
        for round in 0..<Self.inner {
            // Each form once, whatever the seed; then changes by chance.
            let payload =
                round < forms.count ? forms[round] : JSONMutation.mutate(sample.payload, using: &generator)
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
            if let code { codes.append(code) }
        }
        #expect(codes.count > Self.inner / 3, "seed \(seed): only \(codes.count) refused")
        let met = Set(codes)
        #expect(met.isSubset(of: Self.readers), "seed \(seed): \(met.subtracting(Self.readers))")
        #expect(met.isSuperset(of: Self.always.map(\.rawValue)), "seed \(seed): \(met.sorted())")
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
