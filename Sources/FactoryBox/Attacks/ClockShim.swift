import Foundation
import Vocabulary

/// Sets the clock of one process: a preloaded library of a few lines that shifts CLOCK_REALTIME alone.
struct ClockShim: Sendable {
    private let library: String
    private let shift: String

    /// Compiles the library with the machine's C compiler.
    static func build(in world: World) async throws -> ClockShim {
        let folder = try world.folder("attacks", "clock")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Tests/Support/clock-shim/clock_shim.c").path
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let compilers = (["/usr/bin"] + places).flatMap { place in ["cc", "clang", "gcc"].map { "\(place)/\($0)" } }
        guard let compiler = compilers.first(where: FileManager.default.isExecutableFile) else {
            throw Refusal(FactoryBoxError.programMissing, "a C compiler: cc, clang or gcc")
        }
        let shim = ClockShim(library: folder + "/clock_shim.so", shift: folder + "/shift")
        let finished = try await runProgram(
            URL(fileURLWithPath: compiler),
            ["-shared", "-fPIC", "-O1", "-o", shim.library, source, "-ldl"],
            environment: ProcessInfo.processInfo.environment
        )
        guard finished.status == 0 else {
            throw Refusal(FactoryBoxError.programFailed, "\(compiler): \(finished.errors.prefix(200))")
        }
        try shim.set(0)
        return shim
    }

    var environment: [String: String] { ["LD_PRELOAD": library, "OBIS_CLOCK_SHIFT": shift] }

    /// The clock of another process.
    func another(_ name: String) throws -> ClockShim {
        let shim = ClockShim(library: library, shift: shift + "-" + name)
        try shim.set(0)
        return shim
    }

    /// The clock is ahead of the machine's by `seconds` from now on.
    func set(_ seconds: Int64) throws { try Files.write("\(seconds)\n", to: shift) }
}
