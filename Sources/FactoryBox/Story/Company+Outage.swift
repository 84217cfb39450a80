import Foundation
import Vocabulary

/// The portal is out of reach for all factories that have a link, while their lines go on.
extension Company {
    /// Seconds until the portal has everything again, at most.
    private static let longestCatchUp = 30.0

    /// How far a factory was when its link returned.
    private struct Backlog: Sendable {
        let factory: Factory
        /// Entries that the portal has.
        let stored: Int
        /// What the Factory Service has beyond these.
        let waiting: Recount
    }

    func loseLinks() async throws {
        let (portal, people) = (try required(portal), try required(people))
        let linked = factories.filter(\.profile.hasLink)
        try await eventually("a first device", within: 120) { linked.contains { $0.finished > 0 } }
        for link in portal.links.values { link.cut() }
        narrator.note("links of \(linked.count) factories are cut")
        // What was on the way arrives or does not.
        var stored = try await storedSizes(people)
        try await eventually("nothing more arrives", every: .milliseconds(400)) {
            let before = stored
            stored = try await storedSizes(people)
            return stored == before
        }
        let backlogs = try await produceUnconnected(linked, stored: stored)
        try same("entries in the portal while no link stood", try await storedSizes(people), stored)
        let made = backlogs.map { $0.waiting.sum("completed") }.reduce(0, +)
        let refused = portal.links.values.map(\.refused).reduce(0, +)
        narrator.passed(
            "\(made) of \(scale.total) devices completed while the portal was out of reach for \(linked.count) factories",
            "\(refused) attempts to connect failed; the portal learnt of none"
        )
        try await comeBack(backlogs, portal, people)
    }

    /// Entries stored by the portal, by factories with a link.
    private nonisolated func storedSizes(_ people: PortalPeople) async throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        for factory in factories where factory.profile.hasLink {
            let edge = try await people.admin.get("/v1/edges/\(factory.edge.id)")
            sizes[factory.profile.id] = try edge.integer("storedSize")
        }
        return sizes
    }

    /// Until a third of all devices stands in journals that the portal can't know; counted in the factories' files.
    private func produceUnconnected(_ linked: [Factory], stored: [String: Int]) async throws -> [Backlog] {
        let third = (scale.total + 2) / 3
        let before = linked.map(\.finished).reduce(0, +)
        try await eventually("a third of all devices", within: 300, every: .milliseconds(200)) {
            linked.map(\.finished).reduce(0, +) - before >= third
        }
        var backlogs: [Backlog] = []
        try await eventually("a third of all devices in journals", within: 30, every: .milliseconds(200)) {
            backlogs = []
            for factory in linked {
                let size = stored[factory.profile.id] ?? 0
                let waiting = try await Recount.ofService(factory, from: size)
                backlogs.append(Backlog(factory: factory, stored: size, waiting: waiting))
            }
            return backlogs.map { $0.waiting.sum("completed") }.reduce(0, +) >= third
        }
        return backlogs
    }

    private func comeBack(_ backlogs: [Backlog], _ portal: PortalHost, _ people: PortalPeople) async throws {
        for link in portal.links.values { link.restore() }
        let seconds = try await eventually("the portal catches up", within: Self.longestCatchUp) {
            let stored = try await storedSizes(people)
            return backlogs.allSatisfy { (stored[$0.factory.profile.id] ?? 0) >= $0.waiting.size }
        }
        let entries = backlogs.map { $0.waiting.size - $0.stored }.reduce(0, +)
        narrator.passed(
            String(
                format: "links returned: the portal has the %d entries after %.1f s (30 s allowed)",
                entries,
                seconds
            ),
            "each chunk proven by a checkpoint; the lines never stood"
        )
    }
}
