import PortalCore
import Testing
import Vocabulary

@Suite("Rates over exactly a quarter of an hour")
struct ProductionRateTests {
    private let created = Instant.epoch
    /// The start of a slice.
    private let start = Instant(seconds: 1_795_000_200)

    private func rate(_ slices: [Int64: Int], after seconds: Int64, since: Instant? = nil) -> Int {
        ProductionRate.perHour(slices, since: since ?? created, at: start + seconds)
    }

    /// Units at an even pace up to a moment, by slices.
    private func line(_ perSlice: Int, from first: Int64, to last: Int64) -> [Int64: Int] {
        let zero = ProductionRate.slice(of: start)
        return Dictionary(uniqueKeysWithValues: (first...last).map { (zero + $0, perSlice) })
    }

    @Test("an even line has one rate wherever the window falls in the slices")
    func even() {
        #expect(start.seconds % ProductionRate.slice == 0)
        for offset: Int64 in stride(from: 0, through: 299, by: 13) {
            var slices = line(60, from: -6, to: -1)
            // Of the slice that runs, what was made so far.
            slices[ProductionRate.slice(of: start)] = Int(60 * offset / 300)
            let found = rate(slices, after: offset)
            #expect(abs(found - 720) <= 4, "\(found) after \(offset) s")
        }
    }

    @Test("a line that stopped never gets faster, and soon has no rate")
    func stopped() {
        let slices = line(60, from: -6, to: -1)
        var last = rate(slices, after: 0)
        #expect(last == 720)
        for second: Int64 in 1...1_500 {
            let found = rate(slices, after: second)
            #expect(found <= last, "\(found) after \(last) at \(second) s")
            last = found
        }
        #expect(rate(slices, after: 119) > 0 && rate(slices, after: 120) == 0)
    }

    @Test("a slow line is not taken for a stopped one, and is counted exactly")
    func slow() {
        let zero = ProductionRate.slice(of: start)
        #expect(rate([zero - 2: 1], after: 0) == 4)
        #expect(rate([zero - 3: 1], after: 150) == 2, "half of its slice lies in the window")
        #expect(rate([zero - 3: 1], after: 300) == 0)
        #expect(rate([:], after: 0) == 0)
    }

    @Test("what a clock that was ahead dated into the future counts for nothing now")
    func ahead() {
        let now = ProductionRate.slice(of: start)
        #expect(rate([now - 1: 20, now + 288: 9_000], after: 0) == rate([now - 1: 20], after: 0))
        #expect(rate([now + 288: 9_000], after: 0) == 0)
    }

    @Test("what is younger than the window counts by its age, what began anew from there on")
    func young() {
        let zero = ProductionRate.slice(of: start)
        #expect(rate([zero: 40], after: 200, since: start) == 720)
        // One unit in a second is no line of 3,600 an hour.
        #expect(rate([zero: 1], after: 1, since: start) == 60)
        // Nothing before this slice: the line was switched on with it.
        #expect(rate([zero - 1: 60, zero: 20], after: 100) == 720)
        // It was on before, so a quarter of an hour is a quarter of an hour.
        #expect(rate([zero - 5: 60, zero: 20], after: 100) == 80)
        #expect(ProductionRate.firstSlice(at: start) == zero - 6)
    }
}
