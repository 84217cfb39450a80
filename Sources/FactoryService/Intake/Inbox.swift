import Durability
import FactoryCore
import Glibc
import LineProtocol
import Logging
import Statements
import Vocabulary

/// A folder that people put files in. What is taken goes to `done/`, what is not goes to `refused/` with a `.why` file;
/// what only failed because the EdgeHSM is out of reach stays for the next look.
actor Inbox {
    static let mostFilesALook = 64

    private struct Sighting: Equatable {
        let size: Int
        let changed: Int64
    }

    private let folder: String
    private let intake: Intake
    private let store: FactoryStore
    private let logger: Logger
    private let patience: Duration
    private let now: @Sendable () -> Instant
    private let seam: FaultSeam
    private var seen: [String: Sighting] = [:]
    private var waitingSince: [String: ContinuousClock.Instant] = [:]

    init(
        folder: String,
        intake: Intake,
        store: FactoryStore,
        patience: Duration,
        logger: Logger,
        now: @escaping @Sendable () -> Instant,
        seam: FaultSeam = .none
    ) throws {
        self.seam = seam
        self.folder = folder
        self.intake = intake
        self.store = store
        self.patience = patience
        self.logger = logger
        self.now = now
        for path in [folder, folder + "/done", folder + "/refused"] { try Folder.make(path) }
    }

    /// Files refused and not yet removed by anybody.
    func refusedCount() async throws -> Int {
        let folder = folder
        return try await Blocking.run { try Folder.names(folder + "/refused").filter { !$0.hasSuffix(".why") }.count }
    }

    /// One look. A file is taken at the second look that finds it unchanged, so that half a copy is not read.
    func look() async throws {
        for name in try await settled() {
            do {
                try await take(name)
            } catch let refusal as Refusal where refusal.isRetryable {
                logger.notice("inbox waits", metadata: ["file": "\(name)", "code": "\(refusal.code)"])
                return
            }
        }
    }

    /// Statements first: a package says which firmware is wanted.
    private func settled() async throws -> [String] {
        let folder = folder
        let found = try await Blocking.run { () throws -> [(name: String, sighting: Sighting, isText: Bool)] in
            try Folder.names(folder).prefix(Self.mostFilesALook + 2).compactMap { name in
                guard !name.hasSuffix(".part"), !name.hasSuffix(".tmp") else { return nil }
                var status = stat()
                guard lstat(folder + "/" + name, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
                let changed = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
                let isText = (try? Self.firstOctet(folder + "/" + name)) == UInt8(ascii: "{")
                return (name, Sighting(size: Int(status.st_size), changed: changed), isText)
            }
        }
        let ready = found.filter { seen[$0.name] == $0.sighting }
        seen = Dictionary(found.map { ($0.name, $0.sighting) }) { first, _ in first }
        waitingSince = waitingSince.filter { seen[$0.key] != nil }
        return ready.filter(\.isText).map(\.name) + ready.filter { !$0.isText }.map(\.name)
    }

    private static func firstOctet(_ path: String) throws -> UInt8? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return try AtomicFile.piece(of: file, offset: 0, length: 1).first
    }

    private func take(_ name: String) async throws {
        let path = folder + "/" + name
        do {
            let bytes = try await Blocking.run { try AtomicFile.read(path, limit: InboxFile.largest) }
            let reply = try await intake.take(bytes)
            try seam.pass("factory.inbox.taken")
            try await put(name, in: "done")
            logger.info("inbox took a file", metadata: ["file": "\(name)", "kind": "\(reply.kind)"])
            try await store.log("inbox", InboxEvent(file: name, kind: reply.kind, summary: reply.summary), at: now())
        } catch let refusal as Refusal where !refusal.isRetryable {
            if refusal.has(FactoryError.firmwareUnwanted), waits(name) { return }
            try await refuse(name, refusal)
        }
    }

    /// True while a firmware file may still be wanted by a package to come.
    private func waits(_ name: String) -> Bool {
        let since = waitingSince[name] ?? .now
        waitingSince[name] = since
        return ContinuousClock.now - since < patience
    }

    private func refuse(_ name: String, _ refusal: Refusal) async throws {
        logger.warning("inbox refused a file", metadata: ["file": "\(name)", "code": "\(refusal.code)"])
        let why = Array("\(refusal.code)\n\(refusal.meaning)\n\(refusal.detail)\n\(refusal.remedy)\n".utf8)
        let place = try await put(name, in: "refused")
        try await Blocking.run { try AtomicFile.write(why, to: place + ".why") }
        try await store.log("inbox", InboxEvent(file: name, kind: "refused", summary: refusal.code), at: now())
    }

    /// Moves a file; an older one of the same name keeps its place.
    @discardableResult
    private func put(_ name: String, in subfolder: String) async throws -> String {
        let folder = folder
        let place = try await Blocking.run { () throws -> String in
            var place = folder + "/" + subfolder + "/" + name
            var number = 1
            var status = stat()
            while lstat(place, &status) == 0 {
                place = "\(folder)/\(subfolder)/\(name).\(number)"
                number += 1
            }
            try AtomicFile.move(folder + "/" + name, to: place)
            return place
        }
        seen[name] = nil
        waitingSince[name] = nil
        return place
    }
}

private struct InboxEvent: Encodable, Sendable {
    let file: String
    let kind: String
    let summary: String
}
