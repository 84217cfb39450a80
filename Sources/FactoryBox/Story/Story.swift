import Foundation
import Statements
import Vocabulary

/// The demo: an OEM and its factories on this machine, told step by step. Throws at the first thing that differs from what it
/// promises.
public struct Story: Sendable {
    public struct Options: Sendable {
        public var directory: String
        /// Few devices, and everything is stopped after the summary, rather than left running.
        public var once: Bool
        /// Of each factory, 10 at least.
        public var devices: Int
        public init(directory: String, once: Bool) {
            self.directory = directory
            self.once = once
            devices = once ? 10 : 200
        }
    }

    private let options: Options
    private let narrator = Narrator()

    public init(_ options: Options) { self.options = options }

    public func play() async throws {
        let world = try World.make(at: options.directory)
        let meter = CostMeter(of: world)
        let metering = Task { await meter.run() }
        defer { metering.cancel() }
        narrator.chapter("Ceremony")
        let scale = StoryScale(devices: options.devices)
        let company = try await Company.found(in: world, narrator: narrator, scale: scale)
        await meter.follow(company.factories.map(\.progress))
        // Attacks have an OEM and a line of their own, so that production keeps its numbers.
        let heard = Narrator(kept: true)
        let attacks = try AttackRun(in: world.part("attacked"), narrator: heard)
        let attacking = Task { try await attacks.play() }
        do {
            let before = try await tell(company, meter)
            narrator.chapter("Everything that must be refused, on a line of its own meanwhile")
            _ = try await attacking.value
            narrator.tell(heard)
            try await close(company, meter, since: before)
        } catch {
            narrator.tell(heard)
            // Whatever still runs ends by this, the attacks among it.
            ProcessBook.shared.endAll()
            attacking.cancel()
            _ = await attacking.result
            await company.stop()
            throw error
        }
        if !options.once { await serve(company) }
        await company.stop()
    }

    /// Until somebody ends it: the portal answers, and the lines make what it grants.
    private func serve(_ company: Company) async {
        let lines = Task { await company.takeOrders() }
        await Interruption.shared.wait()
        lines.cancel()
        await lines.value
    }

    /// Returns what stood before the first device.
    private func tell(_ company: Company, _ meter: CostMeter) async throws -> Footprint {
        try await company.holdFirstCeremony()
        narrator.chapter("The portal opens")
        try await company.openPortal()
        try await company.createProducts()
        narrator.chapter("Five factories come up")
        try await company.enrolAppliances()
        try await company.registerFactories()
        try await company.openFactories()
        try await company.prepareProducts()
        narrator.chapter("Versions and batches, by the portal")
        try await company.approveVersions()
        try await company.grantBatches()
        narrator.chapter("Production")
        let before = await company.footprint()
        await meter.begin()
        try await company.produce()
        narrator.chapter("Rework")
        try await company.rework()
        return before
    }

    private func close(_ company: Company, _ meter: CostMeter, since before: Footprint) async throws {
        narrator.chapter("Everything agrees")
        try await company.agree()
        let (after, made) = (await company.footprint(), await meter.end())
        narrator.chapter("Records")
        try await company.verifyRecords()
        try await company.verifyFigures()
        narrator.chapter("Summary")
        try await company.summarise()
        let devices = company.scale.total
        let time = narrator.elapsed
        narrator.chapter("On paper: a million devices a month, ten times the mean at peak")
        let paper = await company.monthPaper(meter, from: before, to: after, made: made)
        narrator.table(paper.rows)
        for note in paper.notes { narrator.note(note) }
        narrator.table([("\(devices) devices", "\(time) s")])
        narrator.chapter(options.once ? "The end" : "The portal serves, the lines make what it grants; Ctrl-C ends all")
        if !options.once { try await company.beginNightShift() }
        try await company.tellHowToCall(staysOpen: !options.once)
    }
}

enum Clock {
    static var now: Instant { Instant(seconds: Int64(Date().timeIntervalSince1970)) }
}
