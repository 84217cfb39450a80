import PortalCore
import Statements
import TestSupport
import Testing
import Vocabulary

@Suite("Serials: where an ODM's batch begins")
struct SerialStretchTests {
    /// What was given out, by ODM.
    private struct Given {
        var batches: [(odm: Int, numbers: Range<Int>)] = []

        func isFree(_ numbers: Range<Int>) -> Bool { batches.allSatisfy { !$0.numbers.overlaps(numbers) } }
        func own(_ odm: Int) -> Int? { batches.last { $0.odm == odm }?.numbers.upperBound }
    }

    @Test("one ODM's numbers run on from 0; another's tell nothing of how many there are")
    func stretches() throws {
        var given = Given()
        func start(_ odm: Int, _ quantity: Int, draw: Int) throws -> Int {
            let first = try SerialAssignment.start(
                prefix: "L",
                own: given.own(odm),
                quantity: quantity,
                draw: { range in
                    #expect(range.contains(draw))
                    return draw
                },
                isFree: { given.isFree($0) }
            )
            given.batches.append((odm, first..<first + quantity))
            return first
        }
        #expect(try start(1, 7_919, draw: 50) == 0)
        #expect(try start(1, 1, draw: 50) == 7_919)
        #expect(try start(2, 10, draw: 37) == 3_700_000_000, "not 7,920")
        #expect(try start(2, 10, draw: 38) == 3_700_000_010)
        #expect(try start(1, 5, draw: 39) == 7_920)
    }

    @Test("whatever is drawn and however full it gets, no number is given twice, and the end is refused")
    func neverTwice() throws {
        var generator = SeededGenerator(seed: Seed.take("serials of several ODMs"))
        for _ in 0..<20 {
            var given = Given()
            var refused = 0
            for _ in 0..<400 {
                let odm = Int.random(in: 0..<4, using: &generator)
                let quantity = Int.random(in: 1...400, using: &generator)
                // Five digits: 100,000 numbers.
                let prefix = "ABCDEFGHIJK"
                let first = try SerialAssignment.start(
                    prefix: prefix,
                    own: given.own(odm),
                    quantity: quantity,
                    draw: { Int.random(in: $0, using: &generator) },
                    isFree: { given.isFree($0) }
                )
                do {
                    let range = try SerialAssignment.next(prefix: prefix, used: first, quantity: quantity)
                    #expect(range.first == first && given.isFree(first..<first + quantity))
                    given.batches.append((odm, first..<first + quantity))
                } catch let refusal as Refusal {
                    #expect(refusal.has(BatchError.serials))
                    refused += 1
                }
            }
            #expect(given.batches.count > 100 && given.batches.count + refused == 400)
            #expect(given.batches.map(\.numbers.count).reduce(0, +) <= 100_000)
        }
    }
}
