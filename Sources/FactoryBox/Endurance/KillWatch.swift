import Foundation
import Glibc
import Vocabulary

/// One life of a portal or a Factory Service that was armed to end at a point.
public struct OnlineKill: Sendable {
    public let party: OnlineParty
    public let work: OnlineWork
    public let point: String
    /// It died there. Otherwise it was killed where it happened to be, after its time was up.
    public let hit: Bool
}

/// Keeps portal and Factory Service armed: whoever dies is started again at once, to die at its next point.
actor KillWatch {
    /// A point that was not reached for so long is given up.
    private static let patience = Duration.seconds(8)
    private static let killed: Int32 = 128 + SIGKILL

    private let portal: PortalHost
    private let factory: Factory
    private let narrator: Narrator
    private var plan: OnlineKillPlan
    private var lives: [OnlineParty: (service: Service, point: OnlineKillPoint, end: ContinuousClock.Instant)] = [:]
    private(set) var kills: [OnlineKill] = []
    /// Lives without a point, while the other party catches up.
    private var resting: Set<OnlineParty> = []
    /// Lives that a party may be ahead: one that dies whenever it does anything keeps the other from its point for ever.
    private static let lead = 3

    init(portal: PortalHost, factory: Factory, narrator: Narrator, seed: UInt64) {
        (self.portal, self.factory, self.narrator) = (portal, factory, narrator)
        plan = OnlineKillPlan(seed: seed)
    }

    /// Until `isEnough` says so; then both run without a fault. Throws where one ended by itself.
    func run(until isEnough: @Sendable ([OnlineKill]) -> Bool) async throws {
        for party in OnlineParty.allCases {
            try await stop(party)
            try await arm(party)
        }
        while !isEnough(kills) {
            for party in OnlineParty.allCases { try await look(after: party) }
            try await Task.sleep(for: .milliseconds(10))
        }
        for party in OnlineParty.allCases {
            try await stop(party)
            _ = try await start(party)
        }
    }

    private func isAhead(_ party: OnlineParty) -> Bool {
        let others = OnlineParty.allCases.filter { $0 != party }.map { other in kills.count { $0.party == other } }
        return kills.count { $0.party == party } >= (others.min() ?? 0) + Self.lead
    }

    private func look(after party: OnlineParty) async throws {
        if resting.contains(party) {
            guard !isAhead(party) else { return }
            resting.remove(party)
            try await stop(party)
            return try await arm(party)
        }
        guard let life = lives[party] else { return }
        let isDue = ContinuousClock.now > life.end
        if isDue && life.service.isRunning { life.service.signal(SIGKILL) }
        guard isDue || !life.service.isRunning else { return }
        let status = await life.service.ended()
        let last = life.service.lastLines(4)
        let hit = last.contains("fault: killed at \(life.point.name)")
        guard status == Self.killed, hit || isDue else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(party.rawValue) at \(life.point.plan): exit \(status): \(last)"
            )
        }
        note(party, life.point, hit: hit)
        if party == .factory { try forgetFirmware() }
        try await arm(party)
    }

    private func arm(_ party: OnlineParty) async throws {
        if isAhead(party) {
            lives[party] = nil
            resting.insert(party)
            _ = try await start(party)
            return
        }
        while true {
            let point = plan.next(party)
            do {
                let service = try await start(party, ["OBIS_FAULT": point.plan])
                lives[party] = (service, point, .now + Self.patience)
                // Firmware comes down to a Factory Service that has none: to the next one.
                if point.name.contains("getSyncFirmware") { lives[.factory]?.end = .now }
                return
            } catch let refusal as Refusal where refusal.detail.contains("fault: killed at \(point.name)") {
                // What was left undone is taken up before anything else: it came to its point before it was ready.
                note(party, point, hit: true)
            }
        }
    }

    private func note(_ party: OnlineParty, _ point: OnlineKillPoint, hit: Bool) {
        kills.append(OnlineKill(party: party, work: point.work, point: point.plan, hit: hit))
        let ending = hit ? point.work.rawValue : "not reached, killed elsewhere"
        narrator.passed("\(kills.count): \(party.rawValue) at \(point.plan)", ending)
    }

    private func start(_ party: OnlineParty, _ extra: [String: String] = [:]) async throws -> Service {
        guard party == .portal else { return try await factory.restartService(extra: extra) }
        try await portal.start(extra: extra)
        guard let service = portal.process else { throw Refusal(FactoryBoxError.unexpected, "no portal") }
        return service
    }

    /// In order; a fault point may come first.
    private func stop(_ party: OnlineParty) async throws {
        let service = party == .portal ? portal.process : await factory.running
        guard let service, service.isRunning else { return }
        let status = await service.stop()
        guard status == 0 || service.lastLines(4).contains("fault: killed at") else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(party.rawValue) stopped with \(status): \(service.lastLines())"
            )
        }
    }

    /// Firmware comes down once a version: what the Factory Service has of it goes, so that it comes down again.
    private func forgetFirmware() throws {
        let folder = factory.host.state + "/firmware"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }
}
