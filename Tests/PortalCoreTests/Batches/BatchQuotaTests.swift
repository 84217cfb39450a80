import PortalCore
import Statements
import TestSupport
import Testing
import Vocabulary

/// A world in which packages get lost, lines stop and boxes tell late what they did. What the portal knows is only what
/// was journaled and came up.
private struct Factory {
    struct Batch {
        let edge: Int
        let quantity: Int
        let serials: ProductionAuthorization.SerialRange
        var isLoaded = false
        var isVoid = false
        var isClosed = false
        var issued = 0
        var burned = 0
        var returned = 0
        /// What the portal has ingested of it.
        var known: UnitCredit.Account?
        var knownVoid = false

        var credit: Int {
            UnitCredit.units(quantity: quantity, accounts: known.map { [$0] } ?? [], isVoid: knownVoid) ?? 0
        }
    }

    var batches: [Batch] = []
    var allotments = [0, 0, 0]
    var lifetime = 0
    var serialsUsed = 0
    var generator: SeededGenerator

    func granted(_ edge: Int? = nil) -> Int {
        batches.filter { edge == nil || $0.edge == edge }.reduce(0) { $0 + $1.quantity - $1.credit }
    }

    /// The officers sign larger figures.
    mutating func approve() {
        let edge = Int.random(in: 0..<3, using: &generator)
        allotments[edge] += Int.random(in: 0...40, using: &generator)
        lifetime = max(lifetime, allotments.reduce(0, +)) + Int.random(in: 0...5, using: &generator)
    }

    /// A request; the portal may die before its decision is kept, and then there was none.
    mutating func request() {
        let edge = Int.random(in: 0..<3, using: &generator)
        let quantity = Int.random(in: 1...25, using: &generator)
        let quota = BatchQuota(
            lifetimeTotal: lifetime,
            allotment: allotments[edge],
            granted: granted(),
            grantedAtEdge: granted(edge)
        )
        let isWithin = granted(edge) + quantity <= allotments[edge] && granted() + quantity <= lifetime
        #expect(isWithin == (quantity <= quota.remaining))
        do {
            try quota.admit(quantity)
            #expect(isWithin)
            let serials = try SerialAssignment.next(prefix: "A", used: serialsUsed, quantity: quantity)
            guard Int.random(in: 0..<4, using: &generator) > 0 else { return }
            serialsUsed += quantity
            batches.append(Batch(edge: edge, quantity: quantity, serials: serials))
        } catch {
            #expect(!isWithin)
        }
    }

    /// Something happens at an EdgeHSM, and perhaps the portal hears of it.
    mutating func happen() {
        guard let index = batches.indices.randomElement(using: &generator) else { return }
        var batch = batches[index]
        let left = batch.quantity - batch.issued - batch.burned - batch.returned
        switch Int.random(in: 0..<6, using: &generator) {
        case 0 where !batch.isVoid && !batch.isLoaded: batch.isLoaded = true
        case 1 where !batch.isLoaded: batch.isVoid = true
        case 2 where batch.isLoaded && !batch.isClosed: batch.issued += Int.random(in: 0...left, using: &generator)
        case 3 where batch.isLoaded && !batch.isClosed: batch.burned += Int.random(in: 0...left, using: &generator)
        case 4 where batch.isLoaded && !batch.isClosed: (batch.isClosed, batch.returned) = (true, left)
        default:
            batch.knownVoid = batch.isVoid
            if batch.isLoaded {
                batch.known = UnitCredit.Account(
                    issued: batch.issued,
                    burned: batch.burned,
                    returned: batch.returned,
                    isClosed: batch.isClosed
                )
            }
        }
        batches[index] = batch
    }
}

@Suite struct BatchQuotaTests {
    /// For any history of requests, closings, losses and crashes, units that may still be used or were used never exceed
    /// what the officers signed, and no serial is given twice.
    @Test func nothingIsGrantedTwice() throws {
        let seed = Seed.take("nothingIsGrantedTwice")
        for round in 0..<200 {
            var factory = Factory(generator: SeededGenerator(seed: seed &+ UInt64(round)))
            for _ in 0..<80 {
                switch Int.random(in: 0..<5, using: &factory.generator) {
                case 0: factory.approve()
                case 1, 2: factory.request()
                default: factory.happen()
                }
                for edge in 0..<3 {
                    let usable = factory.batches.filter { $0.edge == edge && !$0.isVoid }
                        .reduce(0) { $0 + $1.quantity - $1.returned }
                    #expect(usable <= factory.allotments[edge], "seed \(seed) round \(round)")
                    #expect(factory.granted(edge) >= usable, "seed \(seed) round \(round)")
                    #expect(factory.granted(edge) <= factory.allotments[edge], "seed \(seed) round \(round)")
                }
                #expect(factory.granted() <= factory.lifetime, "seed \(seed) round \(round)")
            }
            for (index, one) in factory.batches.enumerated() {
                for other in factory.batches[..<index] {
                    let both = try one.serials.overlaps(
                        other.serials,
                        quantity: one.quantity,
                        otherQuantity: other.quantity
                    )
                    #expect(!both, "seed \(seed) round \(round)")
                }
            }
        }
    }

    @Test func whatIsNotJournaledIsNotGivenBack() {
        typealias Account = UnitCredit.Account
        func credit(_ accounts: [Account], void: Bool = false) -> Int? {
            UnitCredit.units(quantity: 100, accounts: accounts, isVoid: void)
        }
        #expect(credit([]) == nil)
        #expect(credit([], void: true) == 100)
        #expect(credit([Account(issued: 10, burned: 2, returned: 0, isClosed: false)]) == nil)
        #expect(credit([Account(issued: 10, burned: 2, returned: 88, isClosed: true)]) == 88)
        // A tombstone beside an account that says it was loaded gives nothing.
        #expect(credit([Account(issued: 10, burned: 0, returned: 0, isClosed: false)], void: true) == nil)
        // An EdgeHSM that says it returned what it used.
        #expect(credit([Account(issued: 60, burned: 0, returned: 100, isClosed: true)]) == 40)
        #expect(credit([Account(issued: 160, burned: 0, returned: 100, isClosed: true)]) == 0)
        // A branch after a lost tail: the least of what either gives back, and nothing while one is open.
        let (old, new) = (
            Account(issued: 50, burned: 0, returned: 50, isClosed: true),
            Account(issued: 30, burned: 20, returned: 50, isClosed: true)
        )
        #expect(credit([old, new]) == 50)
        #expect(credit([Account(issued: 70, burned: 0, returned: 30, isClosed: true), new]) == 30)
        #expect(credit([Account(issued: 50, burned: 0, returned: 0, isClosed: false), new]) == nil)
    }

    @Test func theStrictestFigureCounts() throws {
        let edge = try EdgeHSMID("edge-1")
        func approval(_ total: Int, _ units: Int) throws -> VersionApproval {
            VersionApproval(
                product: try ProductName("lamp"),
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8000),
                version: "1",
                manifest: .zero,
                lifetimeTotal: total,
                allotments: [.init(edgeHSM: edge, units: units)],
                sequence: 1,
                previous: nil,
                allowances: .init(debugUnlocks: 0, reprovisions: 0, rotations: 0),
                rules: .init(chipIdentity: .none),
                issuedAt: .epoch,
                expiresAt: .noExpiry
            )
        }
        func remaining(_ own: VersionApproval, _ newest: VersionApproval, _ total: Int, at place: EdgeHSMID) -> Int {
            BatchQuota(of: place, under: own, newest: newest, productTotal: total, granted: 10, grantedAtEdge: 10)
                .remaining
        }
        #expect(try remaining(approval(100, 50), approval(100, 80), 100, at: edge) == 40)
        #expect(try remaining(approval(100, 80), approval(100, 50), 100, at: edge) == 40)
        #expect(try remaining(approval(100, 80), approval(60, 60), 100, at: edge) == 50)
        #expect(try remaining(approval(100, 80), approval(100, 80), 30, at: edge) == 20)
        #expect(try remaining(approval(100, 80), approval(100, 80), 5, at: edge) == 0)
        #expect(try remaining(approval(100, 80), approval(100, 80), 100, at: EdgeHSMID("edge-2")) == 0)
    }

    @Test func serialsEndWithTheirDigits() throws {
        let range = try SerialAssignment.next(prefix: "LAMP-", used: 41, quantity: 2)
        #expect(try range.serial(0).text == "LAMP-0000000041")
        #expect(try SerialAssignment.next(prefix: "ABCDEFGH", used: 0, quantity: 1).serial(0).text.utf8.count == 16)
        #expect(try SerialAssignment.next(prefix: "ABCDEFGH", used: 99_999_998, quantity: 2).first == 99_999_998)
        for (used, quantity) in [(99_999_999, 2), (.max, 1), (-1, 1), (0, 0)] {
            #expect {
                try SerialAssignment.next(prefix: "ABCDEFGH", used: used, quantity: quantity)
            } throws: {
                ($0 as? Refusal)?.has(BatchError.serials) == true
            }
        }
    }
}

@Suite struct StatusPlanTests {
    private func id(_ number: Int) -> Digest256 {
        Digest256(validated: [UInt8](repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 255)])
    }

    private func withdrawals(_ range: Range<Int>, revoked: Bool, journaled: Bool) -> [StatusPlan.Withdrawal] {
        range.map {
            StatusPlan.Withdrawal(authorization: id($0), isRevocation: revoked, isJournaled: journaled)
        }
    }

    @Test func nothingIsLeftOutAndWhatIsOpenGoesFirst() {
        let all =
            withdrawals(0..<5, revoked: true, journaled: true) + withdrawals(5..<8, revoked: false, journaled: true)
            + withdrawals(8..<12, revoked: true, journaled: false)
            + withdrawals(12..<14, revoked: false, journaled: false)
        let plan = StatusPlan(all, mostInOne: 4)
        #expect(plan.parts.count == 3)
        #expect(plan.parts.allSatisfy { $0.revoked.count + $0.closed.count <= 4 })
        #expect(plan.parts[0].revoked == [id(8), id(9), id(10), id(11)])
        #expect(plan.parts[1].closed == [id(12), id(13)])
        #expect(Set(plan.parts.flatMap(\.revoked)) == Set([0, 1, 2, 3, 4, 8, 9, 10, 11].map(id)))
        // A closing that was journaled is done with.
        #expect(Set(plan.parts.flatMap(\.closed)) == Set([12, 13].map(id)))
    }

    @Test func thereIsAlwaysAStatus() {
        #expect(StatusPlan([]).parts.map(\.revoked) == [[]])
        #expect(StatusPlan(withdrawals(0..<8, revoked: true, journaled: false), mostInOne: 4).parts.count == 2)
    }
}
