import Foundation
import Statements
import Vocabulary

/// The demo: a whole line on this machine, told step by step. Throws at the first thing that differs from what it
/// promises.
public struct Story: Sendable {
    public struct Options: Sendable {
        public var directory: String
        /// End and stop everything after the summary, rather than leaving the line running.
        public var once: Bool
        public init(directory: String, once: Bool) {
            self.directory = directory
            self.once = once
        }
    }

    /// What the story promises to make.
    private static let devices = 50

    private let options: Options
    private let narrator = Narrator()

    public init(_ options: Options) { self.options = options }

    public func play() async throws {
        let world = try World.make(at: options.directory)
        let start = Clock.now
        narrator.chapter("Ceremony")
        let oem = try await OEM.establish(in: world, start: start)
        let site = try await Site.build(world, oem: oem, narrator: narrator)
        do {
            try await tell(site)
        } catch {
            await site.stop()
            throw error
        }
        if options.once {
            await site.stop()
        } else {
            narrator.note("The line is running; Ctrl-C ends it.")
            await Interruption.shared.wait()
            await site.stop()
        }
    }

    private func tell(_ site: Site) async throws {
        narrator.chapter("The site comes up")
        try await site.start()
        try await site.prepareProducts()
        narrator.chapter("Versions and batches")
        try await site.approveVersions()
        try await site.authorizeBatches()
        narrator.chapter("Production, offline")
        try await site.produce()
        narrator.chapter("Everything that must be refused")
        try await site.attack()
        narrator.chapter("Rework")
        try await site.rework()
        narrator.chapter("Records")
        try await site.verifyRecords()
        try await site.verifyFigures(devices: Self.devices)
        narrator.chapter("Summary")
        try await site.summarise(Int(narrator.elapsed))
    }
}

enum Clock {
    static var now: Instant { Instant(seconds: Int64(Date().timeIntervalSince1970)) }
}
