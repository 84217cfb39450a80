import Foundation
import Glibc
import Labels
import Synchronization
import Vocabulary

/// Printers, hands and scanners of one station's sites. For each scan that the station waits for, the printer takes its
/// files out of the site's spool, somebody sticks the newest label on, and the scanner reads the code that the printer drew
/// and sends it as a line. The printed files are the labels on the devices: they lie where `printed` says.
final class LabelBench: Sendable {
    /// A site's spool folder and its scanner's socket.
    struct Place: Sendable {
        let spool: String
        let socket: String
    }

    /// What the thread shares with whoever plants a wrong label.
    private final class Hands: Sendable {
        let printed: String
        private let swaps = Mutex(0)
        private let last = Mutex<String?>(nil)

        init(printed: String) { self.printed = printed }

        func swapNext() { swaps.withLock { $0 += 1 } }

        /// What the scanner reads: the label that was printed last, or in its place the one before it.
        func code(of printed: String) -> String {
            let before = last.withLock { last in
                defer { last = printed }
                return last
            }
            guard let before, before != printed else { return printed }
            return swaps.withLock { swaps in
                guard swaps > 0 else { return printed }
                swaps -= 1
                return before
            }
        }
    }

    private let hands: Hands
    private let stop: Int32

    /// Throws `box.story.unexpected`.
    init(_ places: [Place], printed: String) throws {
        hands = Hands(printed: printed)
        var listening: [(Place, Int32)] = []
        for place in places { listening.append((place, try Self.listen(place.socket))) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw Refusal(FactoryBoxError.unexpected, "pipe: errno \(errno)")
        }
        stop = ends[1]
        let (hands, ended, sockets) = (hands, ends[0], listening)
        Thread.detachNewThread { Self.serve(sockets, until: ended, hands) }
    }

    deinit { close(stop) }

    /// At the next scan of a label, the one that was printed before it is on the device.
    func swapNextLabel() { hands.swapNext() }

    private static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard descriptor >= 0, path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Refusal(FactoryBoxError.unexpected, "\(path): errno \(errno)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, chmod(path, 0o600) == 0, Glibc.listen(descriptor, 16) == 0 else {
            close(descriptor)
            throw Refusal(FactoryBoxError.unexpected, "\(path): errno \(errno)")
        }
        return descriptor
    }

    /// Until the other end of the pipe is closed.
    private static func serve(_ sockets: [(Place, Int32)], until ended: Int32, _ hands: Hands) {
        defer { for descriptor in sockets.map(\.1) + [ended] { close(descriptor) } }
        var waited = sockets.map { pollfd(fd: $0.1, events: Int16(POLLIN), revents: 0) }
        waited.append(pollfd(fd: ended, events: Int16(POLLIN), revents: 0))
        while true {
            guard poll(&waited, nfds_t(waited.count), -1) > 0 else { continue }
            if waited.last?.revents != 0 { return }
            for (index, place) in sockets.map(\.0).enumerated() where waited[index].revents != 0 {
                let caller = accept(waited[index].fd, nil, nil)
                guard caller >= 0 else { continue }
                scan(place, for: caller, hands)
                close(caller)
            }
        }
    }

    private static func scan(_ place: Place, for caller: Int32, _ hands: Hands) {
        guard let zpl = takeLabel(place, hands), let code = ZPLReader.code(in: zpl) else { return }
        let line = Array((hands.code(of: code) + "\r\n").utf8)
        _ = line.withUnsafeBytes { send(caller, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Empties the spool; the newest form is the label at hand.
    private static func takeLabel(_ place: Place, _ hands: Hands) -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.spool)) ?? []
        var newest: (time: Date, text: String)?
        for name in names where !name.hasSuffix(".part") {
            let path = place.spool + "/" + name
            let changed = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            if name.hasSuffix(".zpl"), let changed, newest.map({ $0.time < changed }) ?? true,
                let bytes = try? Files.read(path)
            {
                newest = (changed, String(decoding: bytes, as: UTF8.self))
            }
            rename(path, hands.printed + "/" + name)
        }
        return newest?.text
    }
}
