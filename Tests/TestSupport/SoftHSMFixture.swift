import Foundation
import Synchronization
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// SoftHSM2 with a configuration and tokens of its own, thrown away when the test process ends.
///
/// The module reads `SOFTHSM2_CONF` and lists its tokens when it is initialised, which happens once in a process. So all
/// tests of a process share one fixture, its tokens exist before the first test loads the module, and each test takes one
/// for itself.
public final class SoftHSMFixture: Sendable {
    /// One empty token. The PINs stand in files with mode 0600.
    public struct Token: Sendable {
        public let label: String
        public let userPINPath: String
        public let officerPINPath: String
        public let userPIN: String
    }

    public struct Unavailable: Error, CustomStringConvertible {
        public let description: String
    }

    public static let modulePath = "/usr/lib/softhsm/libsofthsm2.so"
    private static let tool = "/usr/bin/softhsm2-util"
    /// `OBIS_TEST_TOKENS` where a program needs few: each takes some tens of milliseconds to make.
    private static let tokenCount = getenv("OBIS_TEST_TOKENS").flatMap { Int(String(cString: $0)) } ?? 400

    public let directory: String
    public var configurationPath: String { "\(directory)/softhsm2.conf" }
    private let free: Mutex<[Token]>

    private static let made = Result { try SoftHSMFixture() }

    /// The fixture of this process. Throws a sentence that says what to install.
    public static func shared() throws -> SoftHSMFixture { try made.get() }

    /// An empty token that no other test of this process has.
    public func takeToken() throws -> Token {
        let token = free.withLock { $0.popLast() }
        guard let token else {
            throw Unavailable(description: "all \(Self.tokenCount) tokens are taken: raise SoftHSMFixture.tokenCount")
        }
        return token
    }

    private init() throws {
        guard FileManager.default.isExecutableFile(atPath: Self.tool),
            FileManager.default.isReadableFile(atPath: Self.modulePath)
        else {
            throw Unavailable(
                description: "SoftHSM2 is not installed: these tests need the Debian package softhsm2 (scripts/setup)"
            )
        }
        let directory = NSTemporaryDirectory() + "obis-softhsm-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(
            atPath: directory + "/tokens",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        self.directory = directory
        let configuration = """
            directories.tokendir = \(directory)/tokens
            objectstore.backend = file
            log.level = ERROR
            slots.removable = false

            """
        try configuration.write(toFile: directory + "/softhsm2.conf", atomically: true, encoding: .utf8)
        setenv("SOFTHSM2_CONF", directory + "/softhsm2.conf", 1)
        directoryToRemove.withLock { $0 = directory }
        atexit { directoryToRemove.withLock { try? FileManager.default.removeItem(atPath: $0) } }
        // Labels of one length: pkcs11-tool takes a token whose label only begins like the one it was given.
        free = try Mutex((0..<Self.tokenCount).map { try Self.makeToken("obis-test-\(1000 + $0)", in: directory) })
    }

    private static func makeToken(_ label: String, in directory: String) throws -> Token {
        // Random, but for tests only: that they stand in an argument list for a moment protects nothing.
        let userPIN = "user\(UInt64.random(in: 0...UInt64.max))"
        let officerPIN = "officer\(UInt64.random(in: 0...UInt64.max))"
        let token = Token(
            label: label,
            userPINPath: "\(directory)/\(label).pin",
            officerPINPath: "\(directory)/\(label).so-pin",
            userPIN: userPIN
        )
        try writePIN(userPIN, to: token.userPINPath)
        try writePIN(officerPIN, to: token.officerPINPath)
        let result = try Subprocess.run(
            tool,
            ["--init-token", "--free", "--label", label, "--pin", userPIN, "--so-pin", officerPIN]
        )
        guard result.status == 0 else {
            throw Unavailable(description: "softhsm2-util could not make a token: \(result.output)")
        }
        return token
    }

    /// Writes a PIN with a trailing newline into a file that its owner alone can read.
    public static func writePIN(_ pin: String, to path: String, mode: Int = 0o600) throws {
        try Data((pin + "\n").utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}

private let directoryToRemove = Mutex("")
