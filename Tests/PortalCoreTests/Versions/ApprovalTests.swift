import Crypto
import Governance
import PortalCore
import PortalProtocol
import Statements
import Testing
import Vocabulary

@Suite struct ApprovalDraftTests {
    private static let edges = (EdgeHSMID(validated: "edge-1"), EdgeHSMID(validated: "edge-2"))
    private static let lamp = ProductName(validated: "lamp")

    private func terms(
        _ lifetime: Int = 1_000,
        _ allotted: [EdgeHSMID: Int] = [edges.0: 100],
        rules: VersionApproval.Rules = .init(largestBatch: 50, longestWindow: 86_400, chipIdentity: .vendorCertificate),
        expiresAt: Instant = Officers.now + 86_400
    ) throws -> ApprovalTerms {
        ApprovalTerms(
            lifetimeTotal: try UnitTotal(lifetime),
            allotments: allotted.sorted { $0.key < $1.key }.map { .init(edgeHSM: $0.key, units: $0.value) },
            allowances: .init(debugUnlocks: 1, reprovisions: 1, rotations: 0),
            rules: rules,
            expiresAt: expiresAt
        )
    }

    private func ground(
        last: Envelope? = nil,
        orders: [Verified<OfficerOrder>] = [],
        released: Set<AllotmentRelease> = [],
        granted: GrantedUnits = .none,
        factories: [FactoryID]? = nil,
        identity: ChipIdentityLevel = .vendorCertificate
    ) throws -> ApprovalGround {
        ApprovalGround(
            lifetimeTotal: 2_000,
            rules: ProductRules(
                largestBatch: try UnitTotal(60),
                longestWindow: 30 * 86_400,
                chipIdentity: .applet,
                factories: factories
            ),
            manifest: try SampleManifest.bytes(SampleManifest.make(identity: identity)),
            last: last,
            orders: orders,
            released: released,
            granted: granted,
            sites: [
                Self.edges.0: FactoryID(validated: "shenzhen"), Self.edges.1: FactoryID(validated: "pune"),
            ]
        )
    }

    private func code(_ ground: ApprovalGround, _ terms: ApprovalTerms) -> String? {
        refusal { _ = try ground.draft(terms, at: Officers.now) }
    }

    @Test func continuesTheChainOfTheProduct() throws {
        let first = try ground().draft(terms(), at: Officers.now)
        let content = try VersionApproval.read(payload: first.payload)
        #expect(content.sequence == 1 && content.previous == nil && content.issuedAt == Officers.now)
        #expect(first.signatures.isEmpty)
        let second = try ground(last: first).draft(
            terms(1_000, [Self.edges.0: 100, Self.edges.1: 50]),
            at: Officers.now
        )
        let next = try VersionApproval.read(payload: second.payload)
        #expect(next.sequence == 2 && next.previous == first.statementID)
        // A draft made before another approval was locked no longer continues the chain.
        #expect(refusal { try ground(last: second).check(second) } == nil)
        let stale = try ground(last: first).draft(terms(1_000, [Self.edges.0: 200]), at: Officers.now)
        #expect(refusal { try ground(last: second).check(stale) } == "officer.approval.fork")
        #expect(refusal { try ground().check(second) } == "officer.approval.chain-missing")
    }

    @Test func keepsWithinTheProduct() throws {
        let looser = "portal.approval.looser"
        #expect(code(try ground(), try terms(2_001)) == looser)
        #expect(code(try ground(), try terms(rules: .init(longestWindow: 60, chipIdentity: .applet))) == looser)
        let rules = VersionApproval.Rules(largestBatch: 61, longestWindow: 60, chipIdentity: .applet)
        #expect(code(try ground(), try terms(rules: rules)) == looser)
        let window = VersionApproval.Rules(largestBatch: 5, longestWindow: 31 * 86_400, chipIdentity: .applet)
        #expect(code(try ground(), try terms(rules: window)) == looser)
        let none = VersionApproval.Rules(largestBatch: 5, longestWindow: 60, chipIdentity: .none)
        #expect(code(try ground(), try terms(rules: none)) == looser)
        #expect(code(try ground(identity: .applet), try terms()) == looser, "the version proves less than the rule")
        #expect(code(try ground(), try terms(expiresAt: Officers.now)) == "portal.approval.expiry")
        #expect(code(try ground(), try terms(99)) == "statement.content.inconsistent", "allotted more than the total")
        let unknown = EdgeHSMID(validated: "edge-9")
        #expect(code(try ground(), try terms(1_000, [unknown: 1])) == "portal.approval.edgehsm")
        let pune = [FactoryID(validated: "pune")]
        #expect(code(try ground(factories: pune), try terms()) == "portal.approval.edgehsm")
        #expect(code(try ground(factories: pune), try terms(1_000, [Self.edges.1: 1])) == nil)
        let before = try ground().draft(terms(), at: Officers.now)
        #expect(code(try ground(last: before, factories: pune), try terms()) == nil, "what was given stays")
    }

    @Test func neverFallsBelowWhatIsGranted() throws {
        let granted = GrantedUnits(total: 90, byEdgeHSM: [Self.edges.0: 90])
        #expect(code(try ground(granted: granted), try terms(1_000, [Self.edges.0: 90])) == nil)
        #expect(
            code(try ground(granted: granted), try terms(1_000, [Self.edges.0: 89])) == "portal.approval.below-granted"
        )
        #expect(code(try ground(granted: granted), try terms(89, [:])) == "portal.approval.below-granted")
    }

    @Test func allotmentFallsOnlyWithTheBoxsOwnWord() throws {
        let officers = try Officers()
        let first = try ground().draft(terms(1_000, [Self.edges.0: 100]), at: Officers.now)
        let less = try terms(1_000, [Self.edges.0: 40, Self.edges.1: 60])
        let falls = "officer.approval.allotment-falls"
        #expect(code(try ground(last: first), less) == falls)
        let ordered = try officers.order(
            .releaseAllotment(edgeHSM: Self.edges.0, product: Self.lamp, units: 40, sequence: 1)
        )
        #expect(code(try ground(last: first, orders: [ordered]), less) == falls, "ordered, not journaled")
        func journaled(
            _ units: Int,
            _ sequence: Int,
            _ product: String = "lamp",
            of edge: EdgeHSMID = Self.edges.0
        ) throws -> Set<AllotmentRelease> {
            [
                AllotmentRelease(
                    order: ordered.id,
                    edgeHSM: edge,
                    product: try ProductName(product),
                    keeps: units,
                    sequence: sequence
                )
            ]
        }
        #expect(code(try ground(last: first, released: journaled(50, 1)), less) == falls)
        #expect(code(try ground(last: first, released: journaled(40, 2)), less) == falls)
        #expect(code(try ground(last: first, released: journaled(40, 1, "bulb")), less) == falls)
        #expect(code(try ground(last: first, released: journaled(40, 1, of: Self.edges.1)), less) == falls)
        let good = try ground(last: first, released: journaled(40, 1))
        let second = try good.draft(less, at: Officers.now)
        #expect(try VersionApproval.read(payload: second.payload).releases == [ordered.id], "it cites the release")
        let evenLess = try terms(1_000, [Self.edges.0: 39])
        #expect(code(good, evenLess) == falls)
        // Where nothing falls, nothing is cited; and what was used once counts for no later step.
        let same = try good.draft(terms(1_000, [Self.edges.0: 100]), at: Officers.now)
        #expect(try VersionApproval.read(payload: same.payload).releases ?? [] == [])
        let lowest = try terms(1_000, [Self.edges.0: 40, Self.edges.1: 59])
        #expect(code(try ground(last: second, released: journaled(40, 1)), lowest) == falls)
        // A dead box journals nothing: there the officers' order stands.
        let dead = try officers.order(
            .retireEdgeHSM(edgeHSM: Self.edges.0, product: Self.lamp, remainder: 60, sequence: 1)
        )
        #expect(code(try ground(last: first, orders: [dead]), less) == nil)
        #expect(code(try ground(last: first, orders: [dead]), evenLess) == falls)
    }
}

@Suite struct ApprovalSignatureTests {
    private let officers: Officers
    private let draft: Envelope

    init() throws {
        officers = try Officers()
        draft = try VersionApproval(
            product: ProductName("lamp"),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            version: "1.0.0",
            manifest: .zero,
            lifetimeTotal: 100,
            allotments: [],
            sequence: 1,
            previous: nil,
            allowances: .init(debugUnlocks: 0, reprovisions: 0, rotations: 0),
            rules: .init(chipIdentity: .none),
            issuedAt: Officers.now,
            expiresAt: Officers.now + 86_400
        ).unsigned()
    }

    private func merge(
        _ kept: Envelope,
        _ given: Envelope,
        conflicted: Set<OfficerName> = [],
        at time: Instant = Officers.now
    ) throws -> ApprovalSignatures {
        try ApprovalSignatures(
            kept: kept,
            given: given,
            roleKeys: officers.roleKeys.content,
            conflicted: conflicted,
            at: time
        )
    }

    private func code(_ given: Envelope, conflicted: Set<OfficerName> = [], at time: Instant = Officers.now) -> String?
    {
        refusal { _ = try merge(draft, given, conflicted: conflicted, at: time) }
    }

    @Test func countsEachOfficerOnceInAnyOrder() throws {
        let one = try merge(draft, officers.signed(draft, by: 2))
        #expect(one.signers == [officers.keys[2].name] && one.verified == nil)
        // The same officer again, even with another signature, is still one.
        let again = try merge(one.envelope, officers.signed(draft, by: 2))
        #expect(again.envelope == one.envelope && again.verified == nil)
        let two = try merge(again.envelope, officers.signed(draft, by: 0))
        #expect(two.signers == [officers.keys[0].name, officers.keys[2].name])
        #expect(two.verified?.id == draft.statementID)
        #expect(try merge(draft, officers.signed(draft, by: 0, 1, 2)).signers.count == 3)
    }

    @Test func refusesWhatDoesNotCount() throws {
        let stranger = P256.Signing.PrivateKey()
        #expect(code(try Officers.sign(draft, stranger)) == "portal.approval.signer-unknown")
        let good = try officers.signed(draft, by: 0)
        let forged = draft.adding(
            .init(keyID: try Officers.point(officers.keys[1].key).keyID, value: good.signatures[0].value)
        )
        #expect(code(forged) == "portal.approval.signature-invalid")
        let other = Envelope(
            payloadType: draft.payloadType,
            payload: draft.payload + [0x20],
            signatures: []
        )
        #expect(code(try officers.signed(other, by: 0)) == "portal.approval.differs")
        let retyped = Envelope(payloadType: OfficerOrder.payloadType, payload: draft.payload, signatures: [])
        #expect(code(retyped) == "portal.approval.differs")
        #expect(code(good, conflicted: [officers.keys[0].name]) == "portal.approval.signer-submitted")
        #expect(code(good, conflicted: [officers.keys[1].name]) == nil)
        #expect(code(good, at: Officers.now + 86_400) == "portal.approval.expiry")
        #expect(code(good, at: officers.roleKeys.content.expiresAt + 1) == "authorize.role-keys.expired")
    }

    /// Decision 3: signatures count under the newest RoleKeys.
    @Test func leavesOutWhatNewRoleKeysNoLongerName() throws {
        let before = try Officers()
        let kept = try before.signed(draft, by: 0)
        let merged = try merge(kept, officers.signed(draft, by: 1))
        #expect(merged.signers == [officers.keys[1].name] && merged.envelope.signatures.count == 1)
        // The file that an officer downloaded before carries the old signature too.
        let carried = try Officers.sign(kept, officers.keys[1].key)
        #expect(try merge(kept, carried).signers == [officers.keys[1].name])
        #expect(code(carried) == "portal.approval.signer-unknown", "never kept, so nobody's")
    }
}
