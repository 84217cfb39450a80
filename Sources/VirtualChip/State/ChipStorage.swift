import FoundationEssentials
import Glibc
import Programmers
import Vocabulary

/// A chip's folder: `chip.json` (replaced atomically), `flash.bin` (the firmware region, written in place) and a lock
/// that keeps a second process out.
final class ChipStorage {
    /// 4 MiB of flash for firmware.
    static let flashSize = 4 * 1024 * 1024
    static let erased: UInt8 = 0xff
    private static let largestState = 1024 * 1024

    private let folder: String
    private let lock: CInt
    private(set) var state: ChipState

    /// Throws `chip.state.absent`, `chip.state.in-use`, `chip.state.malformed`, `chip.storage.failed`.
    init(folder: String) throws {
        self.folder = folder
        let state = try Self.read(folder)
        lock = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw DurableFile.failure("open") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Refusal(VirtualChipError.stateInUse, folder)
        }
        self.state = state
    }

    deinit { close(lock) }

    static func read(_ folder: String) throws -> ChipState {
        guard let bytes = try DurableFile.read(folder + "/chip.json", at: 0, length: largestState) else {
            throw Refusal(VirtualChipError.stateAbsent, folder)
        }
        guard let state = try? JSONDecoder().decode(ChipState.self, from: Data(bytes)),
            state.version == ChipState.formatVersion
        else { throw Refusal(VirtualChipError.stateMalformed, folder) }
        return state
    }

    /// A new chip in a new folder. Throws `chip.state.in-use` where one exists.
    static func create(_ state: ChipState, in folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard !FileManager.default.fileExists(atPath: folder + "/chip.json") else {
            throw Refusal(VirtualChipError.stateInUse, folder)
        }
        try write(state, in: folder) {}
    }

    /// Durable when it returns. Whatever a step computed, a burnt fuse stays burnt.
    func save(_ new: ChipState, halfWay: () -> Void) throws {
        guard new.fuses.onlyBurns(from: state.fuses) else { throw Refusal(VirtualChipError.fuseBurnt) }
        try Self.write(new, in: folder, halfWay: halfWay)
        state = new
    }

    private static func write(_ state: ChipState, in folder: String, halfWay: () -> Void) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try DurableFile.replace(folder + "/chip.json", with: Array(encoder.encode(state)), halfWay: halfWay)
    }

    /// Leaves `length` octets of erased flash.
    func eraseFirmware(length: Int) throws {
        try DurableFile.truncate(folder + "/flash.bin")
        let blank = [UInt8](repeating: Self.erased, count: length)
        try DurableFile.overwrite(folder + "/flash.bin", at: 0, with: blank) {}
    }

    func writeFirmware(_ chunk: [UInt8], at offset: Int, halfWay: () -> Void) throws {
        try DurableFile.overwrite(folder + "/flash.bin", at: offset, with: chunk, halfWay: halfWay)
    }

    /// Exactly `length` octets; what was never written reads as erased flash.
    func readFirmware(at offset: Int, length: Int) throws -> [UInt8] {
        let content = try DurableFile.read(folder + "/flash.bin", at: offset, length: length) ?? []
        return content + [UInt8](repeating: Self.erased, count: length - content.count)
    }
}
