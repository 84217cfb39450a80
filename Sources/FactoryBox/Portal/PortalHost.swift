import Foundation
import Synchronization
import Vocabulary

/// The portal's machine: the program, its token, its configuration, and the cables that lead to it.
final class PortalHost: Sendable {
    let world: World
    let oem: OEM
    let folder: String
    /// The people's door, whose port joining codes name; it stays where it is when the portal is started again.
    let front: LinkCutter
    /// A cable for each factory, by its name.
    let links: [String: LinkCutter]
    private let service = Mutex<Service?>(nil)

    private init(_ world: World, oem: OEM, folder: String, front: LinkCutter, links: [String: LinkCutter]) {
        self.world = world
        self.oem = oem
        self.folder = folder
        self.front = front
        self.links = links
    }

    private struct Configuration: Encodable {
        struct Token: Encodable {
            let module: String
            let label: String
            let pinFile: String
        }
        struct Listener: Encodable {
            let host = "127.0.0.1"
            let port = 0
        }
        struct TLS: Encodable {
            let certificates: String
            let key: String
            let issuer: String
        }
        let oem = "Example Lighting"
        let profile = "lab"
        let token: Token
        let dataDirectory: String
        let rootKeyFile: String
        let publicHost = "127.0.0.1"
        let publicPort: Int
        let people = Listener()
        let sync = Listener()
        let tls: TLS
        /// A lab's: sixteenths of a second, so that the demo spends its time on devices.
        let passwordCost = ["logN": 12, "blockSize": 8, "parallelism": 1]
        /// What `scripts/setup` made of Debian's fonts, where the demo runs from the sources.
        let fontsDirectory: String?
    }

    var configuration: String { folder + "/obis-portal.json" }
    var authority: String { folder + "/portal-authority.pem" }
    var data: String { folder + "/data" }
    var database: String { data + "/portal.sqlite" }
    var process: Service? { service.withLock { $0 } }

    /// Everything but the running program.
    static func prepare(in world: World, oem: OEM, factories: [String]) async throws -> PortalHost {
        let folder = try world.folder("portal")
        _ = try world.folder("portal", "data")
        try PortalCertificate.make(in: folder, start: oem.start)
        var links: [String: LinkCutter] = [:]
        for factory in factories { links[factory] = try await LinkCutter.start() }
        let host = PortalHost(world, oem: oem, folder: folder, front: try await LinkCutter.start(), links: links)
        try Files.writeJSON(
            Configuration(
                token: .init(
                    module: TokenHost.module,
                    label: "portal",
                    pinFile: oem.ceremonyRoom.path("portal.pin")
                ),
                dataDirectory: host.data,
                rootKeyFile: oem.rootKey,
                publicPort: host.front.port,
                tls: .init(
                    certificates: folder + "/portal.pem",
                    key: folder + "/portal.key",
                    issuer: host.authority
                ),
                fontsDirectory: fonts()
            ),
            to: host.configuration
        )
        return host
    }

    private static func fonts() -> String? {
        let folder = FileManager.default.currentDirectoryPath + "/.fonts"
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }

    /// Starts the portal and points all cables at it. A start again listens elsewhere; nobody notices.
    func start(extra: [String: String] = [:]) async throws {
        let log = try world.log("obis-portal")
        let before = (try? Data(contentsOf: log).count) ?? 0
        let started = try Service(
            "obis-portal",
            world.programs.path("obis-portal"),
            ["run", "--config", configuration],
            environment: oem.ceremonyRoom.environment.merging(extra) { $1 },
            log: log
        )
        service.withLock { $0 = started }
        try await started.wait(upTo: 60) { Self.ports(in: log, from: before) != nil }
        guard let ports = Self.ports(in: log, from: before) else {
            throw Refusal(FactoryBoxError.notReady, "obis-portal: \(started.lastLines())")
        }
        front.aim(at: ports.people)
        for link in links.values { link.aim(at: ports.sync) }
    }

    func stop() async {
        await process?.stop()
        for link in [front] + links.values { await link.stop() }
    }

    func door() throws -> PortalDoor { try PortalDoor(port: front.port, authority: authority) }

    /// The one-time code of the first start, as it was printed.
    func setupCode() throws -> String {
        let text = String(decoding: try Files.read(world.log("obis-portal").path), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("setup code: ") }
        guard let code = line?.dropFirst("setup code: ".count) else {
            throw Refusal(FactoryBoxError.unexpected, "the portal printed no setup code")
        }
        return String(code)
    }

    /// From the line `ready` of this start.
    private static func ports(in log: URL, from offset: Int) -> (people: Int, sync: Int)? {
        guard let data = try? Data(contentsOf: log) else { return nil }
        let lines = String(decoding: data.dropFirst(offset), as: UTF8.self).split(separator: "\n")
        for line in lines where line.contains("\"ready\"") {
            guard let tree = try? JSONTree(parsing: Array(line.utf8)) else { continue }
            if let people = port("people", in: tree), let sync = port("sync", in: tree) { return (people, sync) }
        }
        return nil
    }

    /// Wherever the log's format puts fields.
    private static func port(_ name: String, in tree: JSONTree) -> Int? {
        guard case .object(let members) = tree else { return nil }
        for (key, value) in members {
            if key == name {
                if case .text(let text) = value { return Int(text) }
                if case .integer(let number) = value { return number }
            }
            if let found = port(name, in: value) { return found }
        }
        return nil
    }
}
