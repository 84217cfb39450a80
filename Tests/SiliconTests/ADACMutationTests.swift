import Silicon
import TestSupport
import Testing
import Vocabulary

struct ADACMutationTests {
    let fixture: ADACFixture
    let seed = Seed.take("SiliconTests.ADACMutationTests")

    init() throws { fixture = try ADACFixture() }

    @Test func noMutatedCertificateOrTokenIsAccepted() throws {
        var generator = SeededGenerator(seed: seed)
        let parts = try [fixture.root.encoded, fixture.intermediate.encoded, fixture.leaf().encoded]
        let token = try fixture.token().encoded
        for round in 0..<500 {
            var certificates = parts
            var mutatedToken = token
            if round % 4 == 3 {
                mutatedToken = token.mutated(using: &generator)
            } else {
                certificates[round % 4] = parts[round % 4].mutated(using: &generator)
            }
            #expect(throws: Refusal.self, "seed \(seed) round \(round)") {
                try ADACChain(
                    certificates: certificates.map { try ADACCertificate(parsing: $0) },
                    token: ADACToken(parsing: mutatedToken)
                ).verify(for: fixture.target, challenge: fixture.challenge)
            }
        }
    }

    /// Below the signature: a leaf that says anything else, properly signed, still opens no more than it may.
    @Test func mutationsSignedAgainNeverGrantMore() throws {
        var generator = SeededGenerator(seed: seed)
        let original = try fixture.leaf()
        var accepted = 0
        for round in 0..<500 {
            let body = original.fields.toBeSigned.mutated(using: &generator)
            do {
                let leaf = try ADACCertificate(parsing: body + fixture.intermediateKey.sign(body).bytes)
                let granted = try fixture.chain(leaf, fixture.token(.all))
                    .verify(for: fixture.target, challenge: fixture.challenge)
                accepted += 1
                #expect(ADACFixture.mask.contains(granted), "seed \(seed) round \(round)")
                #expect(leaf.fields.permissions.contains(granted), "seed \(seed) round \(round)")
                #expect(leaf.fields.socID == fixture.uid && leaf.fields.key == fixture.leafKey.point)
                #expect([0, ADACFixture.socClass].contains(leaf.fields.socClass), "seed \(seed) round \(round)")
            } catch {
                #expect(error is Refusal, "seed \(seed) round \(round)")
            }
        }
        #expect(accepted < 400, "seed \(seed)")
    }

    @Test func tokensSignedAgainAreReadAsSigned() throws {
        var generator = SeededGenerator(seed: seed)
        let chain = try fixture.chain(fixture.leaf(permissions: .all), fixture.token())
        for round in 0..<500 {
            let head = Array(chain.token.encoded.prefix(56)).mutated(using: &generator)
            let signature = try fixture.leafKey.sign(head + fixture.challenge.vector.bytes)
            do {
                let token = try ADACToken(parsing: head + signature.bytes)
                let granted = try ADACChain(certificates: chain.certificates, token: token)
                    .verify(for: fixture.target, challenge: fixture.challenge)
                let asked = try ADACPermissions(head[8..<24])
                #expect(granted == asked & ADACFixture.mask, "seed \(seed) round \(round)")
            } catch {
                #expect(error is Refusal, "seed \(seed) round \(round)")
            }
        }
    }
}
