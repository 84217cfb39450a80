import PortalCore
import PortalProtocol
import Testing
import Vocabulary

@Suite("Rates over exactly a quarter of an hour")
struct ProductionRateTests {
    private let created = Instant.epoch
    /// The start of a slice.
    private let start = Instant(seconds: 1_795_000_200)

    private func rate(_ slices: [Int64: Int], after seconds: Int64, since: Instant? = nil) -> IssueRate {
        ProductionRate.of(slices, since: since ?? created, at: start + seconds)
    }

    /// Units at an even pace up to a moment, by slices.
    private func line(_ perSlice: Int, from first: Int64, to last: Int64) -> [Int64: Int] {
        let zero = ProductionRate.slice(of: start)
        return Dictionary(uniqueKeysWithValues: (first...last).map { (zero + $0, perSlice) })
    }

    @Test("an even line has one rate wherever the window falls in the slices")
    func even() throws {
        #expect(start.seconds % ProductionRate.slice == 0)
        for offset: Int64 in stride(from: 0, through: 299, by: 13) {
            var slices = line(60, from: -6, to: -1)
            // Of the slice that runs, what was made so far.
            slices[ProductionRate.slice(of: start)] = Int(60 * offset / 300)
            let found = try #require(rate(slices, after: offset).perHour)
            #expect(abs(found - 720) <= 4, "\(found) after \(offset) s")
        }
    }

    @Test("a line that stopped never gets faster, and soon has no rate")
    func stopped() {
        let slices = line(60, from: -6, to: -1)
        var last = rate(slices, after: 0).perHour ?? 0
        #expect(last == 720)
        for second: Int64 in 1...1_500 {
            let found = rate(slices, after: second)
            #expect(found.perHour ?? 0 <= last, "\(found) after \(last) at \(second) s")
            #expect(found.unknown != .young)
            last = found.perHour ?? 0
        }
        #expect(rate(slices, after: 119).perHour != nil && rate(slices, after: 120) == .unknown(.idle))
    }

    @Test("a slow line is not taken for a stopped one, and is counted exactly")
    func slow() {
        let zero = ProductionRate.slice(of: start)
        #expect(rate([zero - 2: 1], after: 0) == .known(4))
        #expect(rate([zero - 3: 1], after: 150) == .known(2), "half of its slice lies in the window")
        #expect(rate([zero - 3: 1], after: 300) == .unknown(.idle))
        #expect(rate([:], after: 0) == .unknown(.idle))
    }

    @Test("what a clock that was ahead dated into the future counts for nothing now")
    func ahead() {
        let now = ProductionRate.slice(of: start)
        #expect(rate([now - 2: 20, now + 288: 9_000], after: 0) == rate([now - 2: 20], after: 0))
        #expect(rate([now + 288: 9_000], after: 0) == .unknown(.idle))
    }

    @Test("of a young line all time that is known counts, and no rate is told of less than two minutes")
    func young() {
        let zero = ProductionRate.slice(of: start)
        // Granted within the slice: nothing can have been made before.
        #expect(rate([zero: 40], after: 200, since: start) == .known(720))
        #expect(rate([zero: 400], after: 119, since: start) == .unknown(.young), "a burst is no line of 12,000 an hour")
        #expect(rate([zero: 1], after: 1, since: start) == .unknown(.young))
        // Granted long ago, and nothing before this slice: nobody knows where in it the line began.
        #expect(rate([zero: 60], after: 290) == .unknown(.young))
        #expect(rate([zero - 1: 6, zero: 20], after: 100) == .unknown(.young))
        #expect(rate([zero - 1: 6, zero: 30], after: 150) == .known(720))
        // A single unit says nothing of a line that begins.
        #expect(rate([zero: 1], after: 200) == .unknown(.young) && rate([zero - 1: 1], after: 130) == .known(4))
        // It was on before, so a quarter of an hour is a quarter of an hour.
        #expect(rate([zero - 5: 60, zero: 20], after: 100) == .known(80))
        #expect(ProductionRate.firstSlice(at: start) == zero - 6)
    }

    @Test("a line that begins has one rate from its first to its last minute, wherever in a slice it began")
    func beginning() {
        for begin: Int64 in stride(from: 0, through: 299, by: 23) {
            for now: Int64 in stride(from: begin + 10, through: 3_000, by: 31) {
                // One unit in five seconds.
                let zero = ProductionRate.slice(of: start)
                var slices: [Int64: Int] = [:]
                for second in stride(from: begin, through: now, by: 5) { slices[zero + second / 300, default: 0] += 1 }
                guard let found = rate(slices, after: now).perHour else { continue }
                #expect(abs(found - 720) <= 36, "\(found) at \(now) s of a line that began at \(begin) s")
            }
        }
    }

    @Test("rates add up; what is not known of one line hides no other")
    func sums() {
        #expect(IssueRate.sum(of: [.known(3), .unknown(.young), .known(4)]) == .known(7))
        #expect(IssueRate.sum(of: [.unknown(.idle), .unknown(.young)]) == .unknown(.young))
        #expect(IssueRate.sum(of: []) == .unknown(.idle))
    }
}
