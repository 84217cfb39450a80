import ChipPort
import Foundation
import Glibc
import LineProtocol
import Programmers
import Statements
import Vocabulary

/// A second EdgeHSM of the same OEM with hostile clients around it, and a portal with hostile people.
actor AttackBench {
    static let boxName = "edge-2"
    /// The product whose chips prove nothing of themselves: the hardest case for everybody else.
    static let product = ProductPlan.all[1]
    static let day: Int64 = 86_400

    let site: Site
    let world: World
    let oem: OEM
    let edge: EdgeAppliance
    let clock: ClockShim
    let rack: ChipRack
    let narrator: Narrator
    private(set) var clients: [LineClient] = []
    private(set) var daemon: Service?
    private var nextSerial = 50_001
    private(set) var refused: Set<Attack> = []
    var batches: [String: Digest256] = [:]
    /// Locked, with keys and DAC of batch delta.
    var chipOfDelta: ChipRack.Chip?
    private var programmers: [ChipUID: SocketProgrammer] = [:]
    private var opened: AttackedPortal?

    init(_ site: Site, _ narrator: Narrator) async throws {
        self.site = site
        world = site.world
        oem = site.oem
        self.narrator = narrator
        edge = try EdgeAppliance(site.world, id: Self.boxName, factory: site.edge.factory)
        clock = try await ClockShim.build(in: site.world)
        rack = ChipRack(site.world, vendor: site.vendor, folder: "attacks/chips")
    }

    func play() async throws {
        try await prepare()
        opened = try await openPortal()
        try await attackRoles()
        try await attackPackages()
        try await attackUnits()
        try await attackPeers()
        try await attackVendorProof()
        try await attackByRacing()
        try await attackDebugPorts()
        try await attackRotations()
        try await attackGovernance()
        try await attackQuotas()
        try await attackJournals()
        try await attackWorkspaces()
        try await attackTime()
        try await attackStorage()
        try await attackByCopying()
        try await attackSilence()
        try await attackRoleKeys()
        if let missing = Attack.allCases.first(where: { !refused.contains($0) }) {
            throw Refusal(FactoryBoxError.unexpected, "not attacked: \(missing.name)")
        }
        narrator.note("\(refused.count) attacks refused; each request succeeded once its one fault was mended")
    }

    func stop() async {
        for programmer in programmers.values { await programmer.close() }
        for client in clients { await client.close() }
        if let opened {
            // Nobody reads what it would still tidy up.
            opened.host.process?.signal(SIGKILL)
            await opened.close()
            await opened.host.stop()
        }
        await rack.stop()
        await daemon?.stop()
        daemon = nil
    }

    func portal() throws -> AttackedPortal {
        guard let opened else { throw Refusal(FactoryBoxError.unexpected, "no portal yet") }
        return opened
    }

    // MARK: Refused, then accepted

    /// Both halves of an attack: the first must be refused with its code, and with `detail` where one code has several
    /// grounds; the second must succeed.
    func attack(
        _ attack: Attack,
        because detail: String = "",
        _ attempt: () async throws -> Void,
        mended: () async throws -> Void
    ) async throws {
        var outcome = "success"
        do {
            try await attempt()
        } catch {
            guard let (code, words) = Self.verdict(error, isAlarm: attack.facts.isAlarm) else { throw error }
            let isExpected = code == attack.code && (detail.isEmpty || words.contains(detail))
            outcome = isExpected ? "" : "\(error)"
        }
        guard outcome.isEmpty else {
            throw Refusal(FactoryBoxError.unexpected, "\(attack.name): \(attack.code) expected, got \(outcome)")
        }
        do { try await mended() } catch {
            throw Refusal(FactoryBoxError.unexpected, "\(attack.name), mended (\(attack.facts.mended)): \(error)")
        }
        refused.insert(attack)
        narrator.passed(
            attack.name.padded(to: 44) + attack.code.padded(to: 34),
            "then " + attack.facts.mended
        )
    }

    /// The code of a refusal, or the kind of an alarm, with its detail; nil for what is neither.
    private static func verdict(_ error: any Error, isAlarm: Bool) -> (code: String, detail: String)? {
        switch error {
        case let alarm as RaisedAlarm where isAlarm: (alarm.kind, alarm.detail)
        case let refusal as Refusal where !isAlarm: (refusal.code, refusal.detail)
        case let refusal as PortalRefusal where !isAlarm: (refusal.code, refusal.detail)
        default: nil
        }
    }

    /// Runs both; exactly one may succeed, and the other's refusal is thrown after `winner` was told which.
    func race(
        _ first: @Sendable @escaping () async throws -> Void,
        _ second: @Sendable @escaping () async throws -> Void
    ) async throws -> (winner: Int, refusal: Refusal) {
        async let one = Self.outcome(first)
        async let two = Self.outcome(second)
        switch try await (one, two) {
        case (nil, .some(let refusal)): return (0, refusal)
        case (.some(let refusal), nil): return (1, refusal)
        case (nil, nil): throw Refusal(FactoryBoxError.unexpected, "both requests of a race succeeded")
        case (.some(let refusal), .some): throw Refusal(FactoryBoxError.unexpected, "both failed: \(refusal)")
        }
    }

    private static func outcome(_ work: @Sendable () async throws -> Void) async throws -> Refusal? {
        do {
            try await work()
            return nil
        } catch let refusal as Refusal { return refusal }
    }

    /// Runs a program that prints JSON and throws the refusal that it printed.
    func obis(_ arguments: [String], on host: TokenHost) async throws {
        let finished = try await runProgram(
            world.programs.path("obis"),
            arguments + ["--json"],
            environment: host.environment
        )
        guard finished.status != 0 else { return }
        throw try Self.refusal(printed: finished)
    }

    static func refusal(printed finished: Finished) throws -> Refusal {
        struct Printed: Decodable { let refused: Refusal }
        return try StatementCoding.decode(Printed.self, from: Array(finished.output.utf8)).refused
    }

    // MARK: The box

    func start() async throws { daemon = try await edge.start(extra: clock.environment) }

    func halt() async {
        await daemon?.stop()
        daemon = nil
    }

    func enrol(_ name: String, _ role: String) async throws -> LineClient {
        let client = try await LineClient.enrol(name, role: role, at: edge)
        clients.append(client)
        return client
    }

    /// The newest certified client of a name: `service`, `station`, `rival`.
    func client(_ name: String) throws -> LineClient {
        guard let client = clients.last(where: { $0.name.hasPrefix(name) }) else {
            throw Refusal(FactoryBoxError.unexpected, "no client \(name)")
        }
        return client
    }

    /// A probe on the chip: one connection, as a chip has few.
    func programmer(of chip: ChipRack.Chip) throws -> SocketProgrammer {
        if let programmer = programmers[chip.uid] { return programmer }
        let programmer = try chip.programmer
        programmers[chip.uid] = programmer
        return programmer
    }

    // MARK: Batches

    struct BatchTerms: Sendable {
        var quantity = 2
        /// Seconds from the story's start.
        var opens: Int64 = -300
        var closes = 7 * AttackBench.day
        var unlocks = 2
        var rotations = 1
        /// The EdgeHSM that the authorization names.
        var box = AttackBench.boxName
        var product = AttackBench.product
    }

    func order(_ name: String, _ terms: BatchTerms) async throws -> BatchOrder {
        var order = site.order(terms.product)
        order.name = "attack-" + name
        order.quantity = terms.quantity
        order.firstSerial = nextSerial
        order.notBefore = oem.start + terms.opens
        order.notAfter = oem.start + terms.closes
        order.debugUnlocks = terms.unlocks
        order.rotations = terms.rotations
        order.edgeHSM = terms.box
        nextSerial += terms.quantity
        return order
    }

    func load(_ package: [UInt8], as name: String) async throws {
        let reply = try await client("service").ask(LoadPackage.self, .init(package: Octets(package)))
        batches[name] = reply.authorization
    }

    func loaded(_ name: String) throws -> Digest256 {
        guard let id = batches[name] else { throw Refusal(FactoryBoxError.unexpected, "batch \(name) is not loaded") }
        return id
    }

    // MARK: Units

    func begin(_ batch: String, _ uid: ChipUID, by name: String = "station") async throws -> BeginUnit.Reply {
        try await client(name).ask(BeginUnit.self, .init(authorization: loaded(batch), chipUID: uid))
    }

    @discardableResult
    func issue(
        _ batch: String,
        _ unit: Digest256,
        _ request: Octets,
        proof: VendorProof? = nil,
        by name: String = "station"
    ) async throws -> IssueCredential.Reply {
        try await client(name).ask(
            IssueCredential.self,
            .init(authorization: loaded(batch), unit: unit, request: request, vendorProof: proof)
        )
    }

    /// A whole unit: soft hold, the chip's CSR, its DAC.
    @discardableResult
    func make(_ batch: String, _ chip: SoftChip, by name: String = "station") async throws -> BeginUnit.Reply {
        let begun = try await begin(batch, chip.uid, by: name)
        try await issue(batch, begun.unit, chip.request(begun.nonce), by: name)
        return begun
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

extension Site {
    /// Everything that must be refused, on an EdgeHSM of its own.
    @discardableResult
    func attack(telling narrator: Narrator) async throws -> Set<Attack> {
        let bench = try await AttackBench(self, narrator)
        do { try await bench.play() } catch {
            await bench.stop()
            throw error
        }
        await bench.stop()
        return await bench.refused
    }

    /// A further ceremony with the plan as `change` leaves it.
    func hold(_ purpose: String, _ change: @Sendable (inout CeremonyPlan) -> Void) async throws {
        change(&plan)
        _ = try await oem.hold(plan, purpose: purpose)
    }
}
