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

/// Chips in a rack, each a process with a socket.
actor ChipRack {
    struct Chip: Sendable {
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

    /// The folder of the rack that the line's fixtures reach into.
    static let lineFolder = "chips"

    private let world: World
    private let vendor: SiliconVendor
    private let home: String
    private var processes: [ChipUID: Service] = [:]
    private(set) var chips: [Chip] = []

    init(_ world: World, vendor: SiliconVendor, folder: String = ChipRack.lineFolder) {
        self.world = world
        self.vendor = vendor
        home = folder
    }

    /// Name of a chip's socket, by its rack's folder and its place.
    static func socketName(_ folder: String, _ place: String) -> String {
        folder.replacingOccurrences(of: "/", with: "-") + "-" + place
    }

    /// Makes blank chips and powers them.
    func add(_ count: Int, family: ChipFamily, notBefore: Instant) async throws -> [Chip] {
        var added: [Chip] = []
        for _ in 0..<count {
            var generator = SystemRandomNumberGenerator()
            let uid = ChipUID(validated: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let name = String(chips.count + 1)
            let folder = try world.folder(home, name)
            let chip = Chip(uid: uid, folder: folder, socket: world.socket(Self.socketName(home, name)))
            try await VirtualChipFactory.manufacture(
                folder: folder,
                family: family,
                uid: uid,
                vendor: vendor.root,
                notBefore: notBefore
            )
            chips.append(chip)
            added.append(chip)
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for chip in added { tasks.addTask { try await self.power(chip) } }
            try await tasks.waitForAll()
        }
        return added
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
        for process in processes.values { process.signal(SIGKILL) }
        for process in processes.values { _ = await process.ended() }
        processes = [:]
    }
}
