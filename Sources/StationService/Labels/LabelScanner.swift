import Dispatch
import Glibc
import StationCore
import Synchronization
import Vocabulary

/// A label scanner at one site: a device that sends a line of text for each code that it reads.
///
/// It is opened for each scan and closed again, so that a code which was read before the label was printed never counts.
public struct LabelScanner: Sendable {
    /// Octets of a line without its end; an onboarding payload has 255 at most.
    static let longestLine = 255
    /// Seconds for a scan where the configuration says nothing.
    public static let defaultTimeout = 60

    private let address: ScannerAddress
    private let timeout: Int
    private let queue = DispatchQueue(label: "obis.station.scanner")

    /// - Parameter timeout: seconds.
    public init(_ address: ScannerAddress, timeout: Int = defaultTimeout) {
        self.address = address
        self.timeout = timeout
    }

    /// The next line that the scanner sends, without CR and LF; empty lines are passed over. It holds a passcode.
    ///
    /// Throws `station.scanner.unreachable`, `station.scanner.timeout`, `station.scanner.malformed`; none of them tells
    /// what was scanned.
    public func read() async throws -> String {
        let stopped = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try readLine(unless: stopped) }) }
            }
        } onCancel: {
            stopped.raise()
        }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isRaised: Bool { state.withLock { $0 } }
        func raise() { state.withLock { $0 = true } }
    }

    private func readLine(unless stopped: Flag) throws -> String {
        let descriptor = try address.open()
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + .seconds(timeout)
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 256)
        while ContinuousClock.now < deadline {
            guard !stopped.isRaised else { throw CancellationError() }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 100) > 0 else { continue }
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            guard count > 0 else { throw Refusal(StationError.scannerUnreachable, "\(address) has gone") }
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") {
                    if line.isEmpty { continue }
                    return String(decoding: line, as: UTF8.self)
                }
                guard (0x20...0x7e).contains(byte), line.count < Self.longestLine else {
                    throw Refusal(StationError.scanMalformed, "\(address), after \(line.count) octets")
                }
                line.append(byte)
            }
        }
        throw Refusal(StationError.scanTimeout, "\(address), \(timeout) seconds")
    }
}

/// Where a scanner is: a serial line or USB device that shows as a terminal, a Unix socket, or a port of this machine.
public enum ScannerAddress: Hashable, Sendable, CustomStringConvertible {
    /// `/dev/…`, 9600 baud, 8 bits, no parity where speed matters; USB scanners in COM mode ignore it.
    case device(path: String)
    case unix(path: String)
    case loopback(port: Int)

    /// `/dev/…`, another absolute path of at most 100 octets, or `127.0.0.1:PORT`. Throws `station.scanner.address`.
    public init(_ text: String) throws {
        let loopback = "127.0.0.1:"
        let isPath = text.hasPrefix("/") && text.utf8.count <= 100 && !text.utf8.contains(0)
        if isPath, text.hasPrefix("/dev/") {
            self = .device(path: text)
        } else if isPath {
            self = .unix(path: text)
        } else if text.hasPrefix(loopback), let port = UInt16(text.dropFirst(loopback.count)), port > 0 {
            self = .loopback(port: Int(port))
        } else {
            throw Refusal(StationError.scannerAddress, String(text.prefix(120)))
        }
    }

    public var description: String {
        switch self {
        case .device(let path), .unix(let path): path
        case .loopback(let port): "127.0.0.1:\(port)"
        }
    }

    /// A descriptor from which only what is scanned from now on can be read.
    func open() throws -> Int32 {
        let descriptor =
            switch self {
            case .device(let path): Glibc.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
            case .unix: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            case .loopback: socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            }
        guard descriptor >= 0 else { throw unreachable(errno) }
        do {
            switch self {
            case .device: try prepare(descriptor)
            case .unix(let path): try connect(descriptor, path: path)
            case .loopback(let port): try connect(descriptor, port: port)
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private func unreachable(_ code: Int32) -> Refusal {
        Refusal(StationError.scannerUnreachable, "\(self): errno \(code)")
    }

    /// Raw, nothing echoed; what waits in the line's buffer is thrown away.
    private func prepare(_ descriptor: Int32) throws {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { throw unreachable(errno) }
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        guard cfsetspeed(&settings, speed_t(B9600)) == 0, tcsetattr(descriptor, TCSANOW, &settings) == 0,
            tcflush(descriptor, TCIFLUSH) == 0
        else { throw unreachable(errno) }
    }

    private func connect(_ descriptor: Int32, path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw unreachable(errno) }
    }

    private func connect(_ descriptor: Int32, port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw unreachable(errno) }
    }
}
