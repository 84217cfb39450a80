import Foundation
import Glibc
import Vocabulary

/// Searches memory, files, logs and traffic of station and Factory Service for every key and PIN that the box knows,
/// at several moments of a run, in several forms; and proves with a canary that it would have found them.
///
/// Not among the secrets: the services' own TLS private keys, which must stand in their memory and key files, and unit
/// secrets (passcode, SPAKE2+ verifier), which the station that programs the unit may see.
public struct KeyScan: Sendable {
    private let directory: String
    private let narrator = Narrator()

    public init(directory: String) { self.directory = directory }

    /// Whether this process may look into the memory of those it starts.
    public static var isPermitted: Bool {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/sleep")
        child.arguments = ["60"]
        guard (try? ProcessBook.shared.start(child)) != nil else { return false }
        defer { child.terminate() }
        let memory = open("/proc/\(child.processIdentifier)/mem", O_RDONLY | O_CLOEXEC)
        guard memory >= 0 else { return errno != EPERM && errno != EACCES }
        close(memory)
        return true
    }

    /// Throws `box.story.unexpected` where something can't be looked at. Findings are in the report.
    public func play() async throws -> ScanReport {
        narrator.chapter("Key scan")
        // Without it the memory of our own processes is root's alone.
        let world = try World.make(at: directory, extra: ["OBIS_ALLOW_INSPECTION": "1"])
        let oem = try await OEM.establish(in: world, start: Clock.now)
        let products = ProductPlan.all.map { plan in
            var plan = plan
            plan.quantity = 8
            let size = plan.keyKind == "perUnit" ? 32 : 16
            plan.knownKey = Hex.encode((0..<size).map { _ in UInt8.random(in: 0...255) })
            return plan
        }
        let site = try await Site.build(world, oem: oem, narrator: narrator, products: products)
        do {
            let report = try await site.scan()
            await site.stop()
            return report
        } catch {
            await site.stop()
            throw error
        }
    }
}

/// What a scan carries through its moments.
private struct ScanState {
    let canary = Canary()
    var secrets = SecretCatalogue()
    var report = ScanReport()
}

extension Site {
    private static let frames = "frames"
    private static let taps = ["factory", "station"]

    fileprivate func scan() async throws -> ScanReport {
        var state = ScanState()
        try await start()
        _ = try world.folder(Self.frames)
        await services["obis-factory"]?.stop()
        services["obis-factory"] = try await factory.start(extra: watched("factory", state.canary))
        try await prepareProducts()
        try await approveVersions()
        try await authorizeBatches()
        try await plant(state.canary)
        try state.secrets.addPINs(under: world.root.path)
        let (bulb, plug) = (products[0], products[1])
        try await scanProduction(of: bulb, at: "station.productKeys.after:3:stop", &state)
        try await scanProduction(of: plug, at: "station.seal.after:4:stop", &state)
        try await scanRework(of: bulb, &state)
        try await look("at the end", station: nil, &state)
        for product in [bulb, plug] {
            let made = await chips(of: product)
            guard state.secrets.agrees(with: made, of: product) else {
                throw Refusal(
                    FactoryBoxError.unexpected,
                    "the chips' OTA keys of \(product.name) are not those searched"
                )
            }
        }
        return state.report
    }

    /// The folders of station and Factory Service.
    private nonisolated var machines: [String] { [factory.stations[0].folder, factory.folder] }

    private func watched(_ name: String, _ canary: Canary) -> [String: String] {
        [Canary.variable: canary.text, "OBIS_FRAME_TAP": world.path(Self.frames, name + ".frames")]
    }

    private func plant(_ canary: Canary) async throws {
        for folder in machines { try canary.plant(inFile: folder + "/canary") }
        try await canary.plant(inFramesTo: factory)
        try await plantByStation(canary)
    }

    /// The station sends it as the name of its operator, all forms in one: too long a name, refused once it was sent.
    private func plantByStation(_ canary: Canary) async throws {
        let finished = try await factory.produce(
            LineWork(batch: order(products[0]).name, first: 1, quantity: 1, operatorName: canary.text),
            extra: watched("station", canary)
        )
        guard finished.status == 3, (finished.output + finished.errors).contains("factory.shift.name") else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "a station with the canary as operator: exit \(finished.status): \((finished.output + finished.errors).suffix(200))"
            )
        }
    }

    private func chips(of product: ProductPlan) async -> [ChipRack.Chip] {
        let all = await rack.chips
        return product.name == products[0].name
            ? Array(all.prefix(product.quantity)) : Array(all.dropFirst(products[0].quantity))
    }

    // MARK: Moments

    private func scanProduction(of product: ProductPlan, at point: String, _ state: inout ScanState) async throws {
        let first = await rack.chips.count + 1
        let chips = try await rack.add(product.quantity, family: product.family, notBefore: oem.start + -3_600)
        try state.secrets.add(product, chips: chips)
        let line = try factory.begin(
            LineWork(batch: order(product).name, first: first, quantity: product.quantity),
            log: "line-\(product.name)",
            extra: watched("station", state.canary).merging(["OBIS_FAULT": point]) { $1 }
        )
        try await stopped(line)
        try await look("while \(product.name)s are made, at \(point)", station: line, &state)
        try await goOn(line)
    }

    private func scanRework(of product: ProductPlan, _ state: inout ScanState) async throws {
        let chip = await rack.chips[1]
        let line = try factory.station(
            [
                "rework", "--config", factory.stations[0].configuration, "--operator", "Nadia", "--work-order",
                order(product).name, "--chip", chip.socket, "--rewrite", "--json",
            ],
            log: "rework",
            extra: watched("station", state.canary).merging(["OBIS_FAULT": "station.attest.after:1:stop"]) { $1 }
        )
        try await stopped(line)
        try await look("during rework of a \(product.name)", station: line, &state)
        try await goOn(line)
    }

    /// Waits until the process stands still at its point.
    private func stopped(_ line: Service) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while line.isRunning && ContinuousClock.now < deadline {
            let text = try? String(contentsOfFile: "/proc/\(line.identifier)/stat", encoding: .utf8)
            // "PID (name) T …"
            if let text, text.range(of: ") T ") != nil { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Refusal(FactoryBoxError.unexpected, "the station did not come to its point: \(line.lastLines())")
    }

    private func goOn(_ line: Service) async throws {
        line.signal(SIGCONT)
        let status = await line.ended()
        guard status == 0 else {
            throw Refusal(FactoryBoxError.unexpected, "station: exit \(status): \(line.lastLines())")
        }
    }

    // MARK: Looking

    private func look(_ moment: String, station: Service?, _ state: inout ScanState) async throws {
        try state.secrets.add(chips: await rack.chips)
        let reader = ScanReader(PatternSearch(state.canary.patterns + state.secrets.patterns))
        defer { reader.release() }
        var places: [ScanReport.Place] = []
        func add(_ name: String, judged: Bool = true, _ read: () throws -> ScanReading) rethrows {
            places.append(Self.place(name, try read(), reader.search, judged))
        }
        if let station { try add("memory of obis-station") { try reader.memory(of: station.identifier) } }
        if let service = services["obis-factory"] {
            try add("memory of obis-factory") { try reader.memory(of: service.identifier) }
        }
        for folder in machines {
            try add("files of \(folder.dropFirst(world.root.path.count + 1))/") { try reader.files(under: folder) }
        }
        // Each tap for itself, as each log: what one process sends says nothing of the other's blindness.
        for tap in Self.taps {
            try add("frames above TLS of the \(tap)") { try reader.file(world.path(Self.frames, tap + ".frames")) }
        }
        // Each log for itself: a canary in one says nothing of the others.
        for log in try files(of: "logs") {
            try state.canary.plant(inLog: URL(fileURLWithPath: world.path("logs", log)))
            try add("log \(log)") { try reader.file(world.path("logs", log)) }
        }
        let decoy = try state.canary.plant(inArgumentsBy: world)
        let family = ProcessFiles.family()
        add("argument lists of \(family.count) processes") { reader.kernelText("cmdline", of: family) }
        add("environments of \(family.count) processes") { reader.kernelText("environ", of: family) }
        add("arguments and environments of all processes so far") { reader.octets(ProcessBook.shared.given) }
        decoy.signal(SIGKILL)
        _ = await decoy.ended()
        if let service = services["edgehsmd"] {
            try add("memory of edgehsmd", judged: false) { try reader.memory(of: service.identifier) }
        }
        let result = ScanReport.Moment(
            name: moment,
            secrets: state.secrets.secrets.count,
            patterns: reader.search.patterns.count,
            places: places
        )
        state.report.moments.append(result)
        show(result)
    }

    private nonisolated func files(of folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: world.path(folder)).sorted()
    }

    private static func place(
        _ name: String,
        _ reading: ScanReading,
        _ search: PatternSearch,
        _ isJudged: Bool
    ) -> ScanReport.Place {
        let found = reading.found.map { search.patterns[$0] }
        let seen = Set(found.filter { $0.subject == Canary.subject }.map(\.encoding))
        return ScanReport.Place(
            name: name,
            bytes: reading.bytes,
            findings: found.filter { $0.subject != Canary.subject }
                .map { ScanReport.Finding(subject: $0.subject, encoding: $0.encoding.rawValue) }
                .sorted { $0.description < $1.description },
            blindTo: ScanEncoding.allCases.filter { !seen.contains($0) }.map(\.rawValue),
            isJudged: isJudged
        )
    }

    private nonisolated func show(_ moment: ScanReport.Moment) {
        narrator.chapter("\(moment.name): \(moment.secrets) secrets, \(moment.patterns) patterns")
        for place in moment.places {
            let size = "\(place.bytes / 1_048_576) MiB (\(place.bytes) octets)"
            if !place.isJudged {
                let list = place.findings.map(\.description).joined(separator: ", ")
                narrator.note("\(place.name)  \(size)  for information: \(list.isEmpty ? "nothing found" : list)")
            } else if place.findings.isEmpty && place.blindTo.isEmpty {
                narrator.passed(place.name, "\(size), no secret, canary found in every form")
            } else {
                let found = place.findings.map(\.description).joined(separator: ", ")
                narrator.failed(place.name, "\(size), found: \(found); canary not found as: \(place.blindTo)")
            }
        }
    }
}
