import Foundation
import Vocabulary

/// The programs of this system, as they lie beside the running one.
struct Programs: Sendable {
    let directory: URL

    /// Beside the running executable, or, under test, beside the test bundle.
    static func beside(_ path: String = CommandLine.arguments[0]) -> Programs {
        let resolved =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? path
        return Programs(directory: URL(fileURLWithPath: resolved).deletingLastPathComponent())
    }

    func path(_ name: String) throws -> URL {
        let url = directory.appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw Refusal(FactoryBoxError.programMissing, url.path)
        }
        return url
    }
}
