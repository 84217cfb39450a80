import ChipPort
import Crypto
import Foundation
import Programmers
import Silicon
import VirtualChip
import Vocabulary

/// The silicon vendor of the box: a root key that lives as long as the story.
struct SiliconVendor: Sendable {
    private let key = P256.Signing.PrivateKey()
    let root: VendorRoot

    static func establish(notBefore: Instant) async throws -> SiliconVendor { try await SiliconVendor(notBefore) }

    private init(_ notBefore: Instant) async throws {
        let key = key
        root = try await VendorRoot.selfSigned(
            publicKey: P256Point(key.publicKey.x963Representation),
            notBefore: notBefore,
            sign: { try RawSignature(key.signature(for: $0).rawRepresentation) }
        )
    }
}

/// Chips in a rack: each with a folder and a socket, apart from whoever programs them.
actor ChipRack {
    struct Chip: Sendable {
        /// From 1.
        let place: Int
        let uid: ChipUID
        let folder: String
        let socket: String
        var programmer: SocketProgrammer { get throws { SocketProgrammer(try ChipAddress(socket)) } }

        /// Asks the chip something and hangs up: a chip's port serves a few connections only.
        func probe<Answer: Sendable>(
            _ question: @Sendable (SocketProgrammer) async throws -> Answer
        ) async throws -> Answer {
            let programmer = try programmer
            do {
                let answer = try await question(programmer)
                await programmer.close()
                return answer
            } catch {
                await programmer.close()
                throw error
            }
        }
    }

    private let world: World
    private let vendor: SiliconVendor
    private let home: String
    /// Processes of single chips, which can lose their power alone.
    private var processes: [ChipUID: Service] = [:]
    /// Processes of many chips each.
    private var racks: [Service] = []
    private(set) var chips: [Chip] = []

    init(_ world: World, vendor: SiliconVendor, folder: String) {
        self.world = world
        self.vendor = vendor
        home = folder
    }

    /// Name of a chip's socket, by its rack's folder and its place.
    static func socketName(_ folder: String, _ place: String) -> String {
        folder.replacingOccurrences(of: "/", with: "-") + "-" + place
    }

    /// Makes blank chips and powers them: all in one process, or, `alone`, each in one of its own.
    func add(_ count: Int, family: ChipFamily, notBefore: Instant, alone: Bool = false) async throws -> [Chip] {
        let first = chips.count + 1
        let vendor = vendor.root
        let made = try (first..<first + count).map { try blank($0) }
        chips += made
        for chip in made {
            try await VirtualChipFactory.manufacture(
                folder: chip.folder,
                family: family,
                uid: chip.uid,
                vendor: vendor,
                notBefore: notBefore
            )
        }
        guard alone else {
            try await power(first...first + count - 1)
            return made
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for chip in made { tasks.addTask { try await self.power(chip) } }
            try await tasks.waitForAll()
        }
        return made
    }

    private func blank(_ place: Int) throws -> Chip {
        var generator = SystemRandomNumberGenerator()
        return Chip(
            place: place,
            uid: ChipUID(validated: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }),
            folder: try world.folder(home, String(place)),
            socket: world.socket(Self.socketName(home, String(place)))
        )
    }

    /// Starts one process for the chips at these places.
    private func power(_ places: ClosedRange<Int>) async throws {
        let ready = world.path(home, "ready-\(places.lowerBound)")
        let service = try Service(
            "\(home) \(places)",
            world.programs.path("obis-demo"),
            [
                "rack", "--folder", world.path(home), "--sockets", world.socket(Self.socketName(home, "{n}")),
                "--first", String(places.lowerBound), "--last", String(places.upperBound), "--ready", ready,
            ],
            environment: world.environment,
            log: world.log("chips")
        )
        racks.append(service)
        try await service.wait { FileManager.default.fileExists(atPath: ready) }
    }

    /// Starts the chip's process, with a power cut planned where `cut` says so.
    func power(_ chip: Chip, cut: String? = nil) async throws {
        let service = try Service(
            "chip \(chip.uid)",
            world.programs.path("obis-demo"),
            ["chip", "--folder", chip.folder, "--socket", chip.socket],
            environment: world.environment.merging(
                cut.map { [VirtualChipCut.environmentVariable: $0] } ?? [:]
            ) { $1 },
            log: world.log("chips")
        )
        processes[chip.uid] = service
        try await service.wait {
            (try? await chip.probe { try await $0.identify() }) != nil
        }
    }

    /// Takes chips off the power: what they hold stays in their folders.
    func unpower(_ gone: [Chip]) async {
        let services = gone.compactMap { processes.removeValue(forKey: $0.uid) }
        for service in services { service.signal(SIGKILL) }
        for service in services { _ = await service.ended() }
    }

    func process(of chip: Chip) -> Service? { processes[chip.uid] }

    func stop() async {
        let all = Array(processes.values) + racks
        for process in all { process.signal(SIGKILL) }
        for process in all { _ = await process.ended() }
        processes = [:]
        racks = []
    }
}
