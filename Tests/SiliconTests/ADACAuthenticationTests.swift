import Silicon
import Testing
import Vocabulary

struct ADACAuthenticationTests {
    let fixture: ADACFixture

    init() throws { fixture = try ADACFixture() }

    private func answer(
        _ approved: ADACPermissions,
        chip: ChipUID? = nil,
        signLeaf: TokenStandIn? = nil,
        signToken: TokenStandIn? = nil
    ) async throws -> ADACChain {
        let authentication = try ADACAuthentication(root: fixture.root, intermediate: fixture.intermediate)
        let intermediate = fixture.intermediateKey
        // The leaf carries the intermediate's own key: no other private key exists.
        return try await authentication.answer(
            fixture.challenge,
            of: chip ?? fixture.uid,
            approved: approved,
            leafKey: intermediate.point,
            signLeaf: { try (signLeaf ?? intermediate).sign($0) },
            signToken: { try (signToken ?? intermediate).sign($0) }
        )
    }

    @Test func theChipGrantsExactlyWhatWasApproved() async throws {
        let chain = try await answer(.rework)
        #expect(try chain.verify(for: fixture.target, challenge: fixture.challenge) == .rework)
        #expect(chain.certificates.last?.fields.socID == fixture.uid)
        #expect(chain.certificates.last?.fields.permissions == .rework)
    }

    @Test func moreThanTheIntermediateMayGiveIsRefused() async {
        for permissions in [ADACPermissions.all, .secureMemory, .none] {
            let refusal = await #expect(throws: Refusal.self) { try await answer(permissions) }
            #expect(refusal?.code == SiliconError.adacPermission.rawValue)
        }
    }

    @Test func anAnswerForNoChipInParticularIsRefused() async {
        let zero = ChipUID(validated: [UInt8](repeating: 0, count: 16))
        let refusal = await #expect(throws: Refusal.self) { try await answer(.rework, chip: zero) }
        #expect(refusal?.code == SiliconError.adacUnbound.rawValue)
    }

    @Test func aSignatureByTheWrongKeyNeverLeaves() async {
        for (leaf, token) in [(TokenStandIn(), nil), (nil, TokenStandIn())] {
            let refusal = await #expect(throws: Refusal.self) {
                try await answer(.rework, signLeaf: leaf, signToken: token)
            }
            #expect(refusal?.code == SiliconError.adacSignature.rawValue)
        }
    }

    @Test func onlyAnIntermediateOfOneProductUnderThisRootWillDo() throws {
        let leaf = try fixture.leaf()
        expect(.adacChainOrder) { try ADACAuthentication(root: fixture.root, intermediate: leaf) }
        let neutral = try ADACFixture.certificate(
            .intermediate,
            fixture.intermediateKey,
            by: fixture.rootKey,
            permissions: .all
        )
        expect(.adacConstraint) { try ADACAuthentication(root: fixture.root, intermediate: neutral) }
        let foreign = try ADACFixture.certificate(
            .intermediate,
            fixture.intermediateKey,
            by: TokenStandIn(),
            permissions: .all,
            socClass: 1
        )
        expect(.adacSignature) { try ADACAuthentication(root: fixture.root, intermediate: foreign) }
    }
}

struct ADACTargetSessionTests {
    let fixture: ADACFixture

    init() throws { fixture = try ADACFixture() }

    private var chip: ADACTargetSession.Description {
        .init(
            target: fixture.target,
            socID: fixture.uid,
            socClass: ADACFixture.socClass,
            lifecycle: ADACLifecycle.secured,
            hardwarePermissions: .rework | .secureMemory | .wipe
        )
    }

    private func send(
        _ packet: [UInt8],
        to session: inout ADACTargetSession
    ) throws -> (
        ADACResponse, ADACTargetSession.Effect
    ) {
        try session.handle(packet, chip: chip) { fixture.challenge.vector }
    }

    private func play(_ chain: ADACChain, on session: inout ADACTargetSession) throws -> ADACTargetSession.Effect {
        var last = ADACTargetSession.Effect.none
        for packet in chain.packets { last = try send(packet, to: &session).1 }
        return last
    }

    @Test func aChallengeOpensOnce() throws {
        let chain = try fixture.chain(fixture.leaf(), fixture.token())
        var session = ADACTargetSession()
        expect(.adacChallenge) { try play(chain, on: &session) }
        _ = try send(ADACRequest(.authStart).encoded, to: &session)
        #expect(try play(chain, on: &session) == .granted(.rework))
        expect(.adacChallenge) { try play(chain, on: &session) }
    }

    @Test func aRefusedFragmentEndsTheSession() throws {
        let chain = try fixture.chain(fixture.leaf(), fixture.token())
        var session = ADACTargetSession()
        _ = try send(ADACRequest(.authStart).encoded, to: &session)
        let broken = ADACRequest(.authResponse, data: ADACRecord(.certificate, [1, 2, 3]).encoded)
        expect(.adacVersion) { try send(broken.encoded, to: &session) }
        expect(.adacChallenge) { try play(chain, on: &session) }
    }

    @Test func moreCertificatesThanAChainHasEndTheSession() throws {
        var session = ADACTargetSession()
        _ = try send(ADACRequest(.authStart).encoded, to: &session)
        let packet = ADACRequest(.authResponse, data: ADACRecord(.certificate, fixture.root.encoded).encoded).encoded
        for _ in 0..<4 { #expect(try send(packet, to: &session).0.status == .needMoreData) }
        expect(.adacChainOrder) { try send(packet, to: &session) }
    }

    @Test func discoveryNamesTheChip() throws {
        var session = ADACTargetSession()
        let (response, _) = try send(ADACRequest(.discovery).encoded, to: &session)
        let records = try ADACRecord.parse(response.data)
        #expect(records.contains(ADACRecord(.socID, fixture.uid.bytes)))
        #expect(records.contains(ADACRecord(.lifecycle, [0x00, 0x30])))
    }

    @Test func unknownAndUnofferedCommandsHaveTheirStatus() throws {
        var session = ADACTargetSession()
        #expect(try send([0, 0, 0x99, 0, 0, 0, 0, 0], to: &session).0.status == .invalidCommand)
        #expect(try send(ADACRequest(.lifecycleChange).encoded, to: &session).0.status == .unsupported)
    }
}
