#if DEBUG
import Glibc

/// Lab-only: with the environment variable `OBIS_FRAME_TAP=path`, every frame body above TLS, in both directions, is
/// appended to that file with a line feed after it, so that a test can search what travels for keys.
///
/// Release builds do not have this code at all.
enum FrameTap {
    private static let file: Int32 = {
        guard let path = unsafe getenv("OBIS_FRAME_TAP") else { return -1 }
        return unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }()

    static func record(_ body: [UInt8]) {
        guard file >= 0 else { return }
        let line = body + [0x0a]
        // One write with O_APPEND, so that frames of several threads do not mix.
        _ = unsafe line.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    }
}
#else
enum FrameTap {
    static func record(_ body: [UInt8]) {}
}
#endif
