public import Logging
import PortalCore
import PortalStore
public import ServiceLifecycle
import ServiceSupport
import Vocabulary

/// Beside the listeners: files that no version was made from are forgotten after a month, and what nobody has is taken off
/// the disk; events of factories are kept as many as a factory may keep.
public struct FileSweep: Service {
    private static let pause = Duration.seconds(600)
    /// Files of one transaction.
    private static let most = 100

    private let portal: PortalServices
    private let shelf: FileShelf
    private let logger: Logger

    public init(_ portal: PortalServices, shelf: FileShelf, logger: Logger) {
        self.portal = portal
        self.shelf = shelf
        self.logger = logger
    }

    /// Until it is asked to stop. A round that fails is tried again at the next.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await sweep() } catch is CancellationError { return } catch {
                    logger.error("file sweep failed", metadata: ["code": "\((error as? Refusal)?.code ?? "")"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// One round.
    public func sweep() async throws {
        let now = portal.clock.realtime()
        var isMore = true
        while isMore {
            isMore = try await portal.database.write("sweep-files") { transaction in
                let found = try FileTable(transaction).forgetUnused(before: now + -FileQuota.life, limit: Self.most)
                for file in found {
                    let detail = "\(file.kind.rawValue) of \(file.owner): no version was made from it"
                    try Acts.note(
                        PortalDeed.forgetFile.rawValue,
                        object: file.digest.hex,
                        detail: detail,
                        at: now,
                        in: transaction
                    )
                }
                return found.count == Self.most
            }
        }
        try await removeStrays(at: now)
        try await forgetEvents(at: now)
    }

    private func forgetEvents(at now: Instant) async throws {
        for factory in try await portal.database.read({ try SiteEventTable($0).factories() }) {
            var isMore = true
            while isMore {
                isMore = try await portal.database.write("sweep-events") { transaction in
                    let oldest = now + -SiteEventTable.life
                    let count = try SiteEventTable(transaction).forget(of: factory, before: oldest)
                    guard count > 0 else { return false }
                    let detail = "\(count) unproven events"
                    try Acts.note(
                        PortalDeed.forgetEvents.rawValue,
                        object: factory.text,
                        detail: detail,
                        at: now,
                        in: transaction
                    )
                    return try SiteEventTable(transaction).count(of: factory) > SiteEventTable.mostKept
                }
            }
        }
    }

    /// Looked at and removed within the writer's turn: an upload of the same file that ends meanwhile notes it in a turn of
    /// its own, and finds it gone.
    private func removeStrays(at now: Instant) async throws {
        var rest = try await shelf.run { [shelf] in try shelf.digests() }[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.most)
            rest = rest.dropFirst(Self.most)
            try await portal.database.write("sweep-disk") { [shelf] transaction in
                for digest in some {
                    guard let stored = shelf.stored(digest), now - stored > FileQuota.strayLife,
                        try !FileTable(transaction).isNeeded(digest)
                    else { continue }
                    shelf.remove(digest)
                }
            }
        }
    }
}
