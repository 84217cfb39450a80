import Crypto
import Silicon
import Testing
import Vocabulary

struct ADACTests {
    let fixture: ADACFixture

    init() throws { fixture = try ADACFixture() }

    private func grant(_ chain: ADACChain, over challenge: ADACChallenge? = nil) throws -> ADACPermissions {
        try chain.verify(for: fixture.target, challenge: challenge ?? fixture.challenge)
    }

    @Test func layoutIsThatOfTheSpecification() throws {
        let leaf = try fixture.leaf(lifecycle: 0x3000, oemConstraint: 0x0203)
        let bytes = leaf.encoded
        #expect(bytes.count == 212)
        #expect(Array(bytes[0..<12]) == [1, 0, 1, 1, 3, 0, 0, 0, 0x00, 0x30, 0x03, 0x02])
        #expect(Array(bytes[12..<20]) == [0, 0, 0, 0, 0x15, 0x0b, 0, 0])
        #expect(Array(bytes[20..<36]) == fixture.uid.bytes)
        #expect(Array(bytes[36..<52]) == [3] + [UInt8](repeating: 0, count: 15))
        #expect(Array(bytes[52..<116]) == Array(fixture.leafKey.point.bytes.dropFirst()))
        #expect(bytes[116..<148].allSatisfy { $0 == 0 })
        #expect(Array(bytes[148..<212]) == leaf.signature.bytes)
        #expect(try ADACCertificate(parsing: bytes) == leaf)
        let token = try fixture.token()
        #expect(token.encoded.count == 120)
        #expect(Array(token.encoded[0..<8]) == [1, 0, 1, 0, 0, 0, 0, 0])
        #expect(try ADACToken(parsing: token.encoded) == token)
    }

    @Test func permissionsAreWhatEveryMaskAndTheTokenAllow() throws {
        let all = try fixture.chain(fixture.leaf(permissions: .all), fixture.token(.all))
        #expect(try grant(all) == ADACFixture.mask)
        let some = try fixture.chain(fixture.leaf(permissions: .rework), fixture.token(.readFlash | .wipe))
        #expect(try grant(some) == .readFlash)
    }

    @Test func aPermissionBeyondTheMaskIsNotGranted() throws {
        let beyond = try fixture.chain(fixture.leaf(permissions: .all), fixture.token(.secureMemory))
        expect(.adacPermission) { try grant(beyond) }
    }

    @Test func anotherChipsLeafIsRefused() throws {
        let other = ChipUID(validated: [UInt8](repeating: 9, count: 16))
        let chain = try fixture.chain(fixture.leaf(socID: .some(other)), fixture.token())
        expect(.adacConstraint) { try grant(chain) }
    }

    @Test func aLeafForAnyChipIsRefused() throws {
        let chain = try fixture.chain(fixture.leaf(socID: .some(nil)), fixture.token())
        expect(.adacUnbound) { try grant(chain) }
    }

    @Test func anotherProductLifecycleOrOwnerIsRefused() throws {
        let leaves = [
            try fixture.leaf(socClass: 0x0b16), try fixture.leaf(lifecycle: ADACLifecycle.provisioning),
            try fixture.leaf(oemConstraint: 1),
        ]
        for leaf in leaves {
            let chain = try fixture.chain(leaf, fixture.token())
            expect(.adacConstraint) { try grant(chain) }
        }
    }

    @Test func aReplayedTokenIsRefused() throws {
        let chain = try fixture.chain(fixture.leaf(), fixture.token())
        #expect(try grant(chain) == .rework)
        let later = ADACChallenge(vector: Nonce(validated: [UInt8](repeating: 7, count: 32)))
        expect(.adacSignature) { try grant(chain, over: later) }
    }

    @Test func rolesMustRunFromRootToOneLeaf() throws {
        let (root, intermediate, leaf) = try (fixture.root, fixture.intermediate, fixture.leaf())
        let wrong: [[ADACCertificate]] = try [
            [], [root], [root, intermediate], [intermediate, leaf], [leaf],
            [root, intermediate, leaf, leaf], [root, intermediate, intermediate, intermediate, leaf],
            [root, root, leaf], [root, intermediate, fixture.leaf(role: .intermediate)],
        ]
        for certificates in wrong {
            let chain = try ADACChain(certificates: certificates, token: fixture.token())
            expect(.adacChainOrder) { try grant(chain) }
        }
    }

    @Test func anIntermediateCannotAnswerAsLeaf() throws {
        let certificates = [fixture.root, fixture.intermediate]
        let chain = try ADACChain(
            certificates: certificates,
            token: fixture.token(by: fixture.intermediateKey)
        )
        expect(.adacChainOrder) { try grant(chain) }
    }

    @Test func aSelfSignedRootThatIsNotFusedIsRefused() throws {
        let foreign = TokenStandIn()
        let root = try ADACFixture.certificate(.root, foreign, by: foreign, permissions: .all)
        let leaf = try fixture.leaf(by: foreign)
        let chain = try ADACChain(certificates: [root, leaf], token: fixture.token())
        expect(.adacRootUnknown) { try grant(chain) }
    }

    @Test func theFusedRootMustSignItself() throws {
        let root = try ADACFixture.certificate(.root, fixture.rootKey, by: TokenStandIn(), permissions: .all)
        let chain = try ADACChain(
            certificates: [root, fixture.intermediate, fixture.leaf()],
            token: fixture.token()
        )
        expect(.adacSignature) { try grant(chain) }
    }

    @Test func aLeafOrTokenByAnotherKeyIsRefused() throws {
        let stranger = TokenStandIn()
        let leaf = try fixture.chain(fixture.leaf(by: stranger), fixture.token())
        expect(.adacSignature) { try grant(leaf) }
        let token = try fixture.chain(fixture.leaf(), fixture.token(by: stranger))
        expect(.adacSignature) { try grant(token) }
    }

    /// Octets of header fields that have one legal value, and a parse error for each other.
    @Test(arguments: [
        (0, SiliconError.adacVersion), (1, .adacVersion), (2, .adacCryptosystem), (3, .adacCryptosystem),
        (4, .adacMalformed), (6, .adacMalformed), (7, .adacMalformed), (15, .adacMalformed), (116, .adacMalformed),
    ])
    func certificatesAreParsedStrictly(_ index: Int, _ error: SiliconError) throws {
        var bytes = try fixture.leaf().encoded
        bytes[index] ^= 0x40
        expect(error) { try ADACCertificate(parsing: bytes) }
    }

    @Test func anExtensionThatNobodyKnowsIsRefusedThoughItIsSigned() throws {
        let unknown: [UInt8] = [1, 2, 3, 4]
        var signed = try fixture.leaf().fields.toBeSigned
        signed[12] = UInt8(unknown.count)
        signed.replaceSubrange(116..<148, with: Array(SHA256.hash(data: unknown)))
        let leaf = try ADACCertificate(parsing: signed + fixture.intermediateKey.sign(signed).bytes + unknown)
        expect(.adacExtension) { try grant(fixture.chain(leaf, fixture.token())) }
    }

    @Test func lengthsAreExact() throws {
        let bytes = try fixture.leaf().encoded
        expect(.adacMalformed) { try ADACCertificate(parsing: bytes + [0]) }
        expect(.adacMalformed) { try ADACCertificate(parsing: bytes.dropLast()) }
        let token = try fixture.token().encoded
        expect(.adacMalformed) { try ADACToken(parsing: token + [0, 0, 0, 0]) }
        expect(.adacMalformed) { try ADACChallenge(parsing: fixture.challenge.encoded.dropLast()) }
    }

    @Test func packetsAndRecordsRoundTripAndRefuseLooseEnds() throws {
        let packet = ADACRequest(.authStart).encoded
        #expect(packet == [0, 0, 2, 0, 0, 0, 0, 0])
        #expect(try ADACRequest(parsing: packet).command == .authStart)
        expect(.adacMalformed) { try ADACRequest(parsing: packet + [0]) }
        expect(.adacMalformed) { try ADACRequest(parsing: [0, 1] + packet.dropFirst(2)) }
        let records = [ADACRecord(.socID, fixture.uid.bytes), ADACRecord(.cryptosystems, [1])]
        let data = records.flatMap(\.encoded)
        #expect(data.count == 24 + 12)
        #expect(try ADACRecord.parse(data) == records)
        expect(.adacMalformed) { try ADACRecord.parse(data.dropLast() + [1]) }
    }

    @Test func chainsTravelAsJSON() throws {
        let chain = try fixture.chain(fixture.leaf(), fixture.token())
        #expect(try JSONRoundTrip.of(chain) == chain)
    }
}
