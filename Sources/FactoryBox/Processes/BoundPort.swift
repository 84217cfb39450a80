import Foundation
import Synchronization
import Vocabulary

/// The TCP port of a service: chosen by the system at its first start, and kept from then on, since others have it in
/// their configurations.
final class BoundPort: Sendable {
    private static let mostStarts = 20

    private let value = Mutex(0)

    /// 0 before the first start.
    var number: Int { value.withLock { $0 } }

    /// Starts a service that listens on this port and says so in its folder. `chosen` is told of the first port.
    ///
    /// Between two starts of the service another process's outgoing connection may be given its port for a moment: then
    /// the service is started again.
    func start(
        readyIn folder: String,
        chosen: () throws -> Void,
        _ launch: () throws -> Service
    ) async throws -> Service {
        var starts = 1
        while true {
            let service = try launch()
            do {
                let port = try await service.ready(in: folder)
                let isFirst = value.withLock { value in
                    defer { value = port }
                    return value == 0
                }
                if isFirst { try chosen() }
                return service
            } catch {
                guard starts < Self.mostStarts, number != 0, service.lastLines().contains("net.listen.failed") else {
                    throw error
                }
                starts += 1
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}

extension Service {
    private struct Ready: Decodable {
        let port: Int
        let process: Int32
    }

    /// Waits for `ready.json` of this very process; returns the port in it.
    func ready(in folder: String) async throws -> Int {
        let path = folder + "/ready.json"
        let process = identifier
        @Sendable func read() -> Ready? {
            guard let data = FileManager.default.contents(atPath: path),
                let ready = try? JSONDecoder().decode(Ready.self, from: data), ready.process == process
            else { return nil }
            return ready
        }
        try await wait { read() != nil }
        return read()?.port ?? 0
    }
}
