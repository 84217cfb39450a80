public import Durability
import Governance
public import Logging
import PortalCore
import PortalProtocol
import PortalStore
public import ServiceLifecycle
import ServiceSupport
import Statements
import Vocabulary

/// Makes the packages of granted batches: signs, wraps and seals with the portal's token, and keeps the file.
///
/// What is to be made stands in the database since the batch was granted, so a crash at any point only means that a package
/// is made again: from the same octets, so that it is the same authorization.
public final class PackageWorker: Service {
    /// Tasks of one round; and how long a failed one waits for its next try, in seconds.
    private static let most = 64
    private static let pause = Duration.seconds(15)
    private static let largestDeclaration = 4_096

    let portal: PortalServices
    private let shelf: FileShelf
    let logger: Logger
    private let seam: FaultSeam
    private let signals: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// - Parameter seam: `portal.package.begun`, `.signed` between signature and seal, `.made` between a package and its
    ///   being kept, beside the database's own points.
    public init(_ portal: PortalServices, shelf: FileShelf, logger: Logger, seam: FaultSeam = .none) {
        self.portal = portal
        self.shelf = shelf
        self.logger = logger
        self.seam = seam
        signals = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There is something to do.
    public func wake() { signals.continuation.yield() }

    /// Until it is asked to stop. Begins with what an earlier process left undone.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [signals] in
                    while (try? await Task.sleep(for: Self.pause)) != nil { signals.continuation.yield() }
                }
                // A token that answers nothing holds packages up, and must not hold up the alarm that says so.
                group.addTask {
                    while !Task.isCancelled {
                        await self.watch()
                        try? await Task.sleep(for: Self.pause)
                    }
                }
                signals.continuation.yield()
                for await _ in signals.stream { await makeWaiting(onlyDue: true) }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.signals.continuation.finish()
        }
    }

    /// One try for each package that waits; those that come meanwhile too.
    ///
    /// - Parameter onlyDue: those that failed wait their time.
    public func makeWaiting(onlyDue: Bool = false) async {
        var tried: Set<Digest256> = []
        do {
            while true {
                let time = onlyDue ? portal.clock.realtime() : .noExpiry
                let tasks = try await portal.database.read { try PackageTable($0).tasks(due: time, limit: Self.most) }
                    .filter { !tried.contains($0.statement) }
                guard !tasks.isEmpty, !Task.isCancelled else { return }
                for task in tasks {
                    tried.insert(task.statement)
                    await make(task)
                }
            }
        } catch {
            logger.error("packages", metadata: ["error": "\(error)"])
        }
    }

    private func make(_ task: PackageTask) async {
        do {
            try seam.pass("portal.package.begun")
            let (package, content) = try await make(task.statement)
            try seam.pass("portal.package.made")
            try await portal.database.write("package") { transaction in
                // What was found out while the token worked counts too.
                try Self.check(task.statement, at: package.madeAt, in: transaction)
                try PackageTable(transaction).insert(package, content: content)
                try Self.enter(task.statement, "SHA-256 \(package.digest)", at: package.madeAt, in: transaction)
            }
        } catch {
            let refusal = error as? Refusal
            logger.error("package", metadata: ["authorization": "\(task.statement)", "error": "\(error)"])
            let code = refusal?.code ?? PortalError.internalFailed.rawValue
            let now = portal.clock.realtime()
            try? await portal.database.write("package-failure") { transaction in
                let isFinal = PackagePatience.isFinal(code)
                try PackageTable(transaction).noteFailure(
                    task.statement,
                    code: code,
                    next: now + PackagePatience.pause(after: task.attempts + 1),
                    givenUp: isFinal ? now : nil
                )
                guard task.failure != code else { return }
                let detail = isFinal ? "given up" : nil
                try Self.enter(task.statement, detail, outcome: code, at: now, in: transaction)
            }
        }
    }

    /// One entry when it is made, one for each new reason why it is not.
    private static func enter(
        _ statement: Digest256,
        _ detail: String?,
        outcome: String = "done",
        at time: Instant,
        in transaction: any SQLTransaction
    ) throws {
        let object = try BatchTable(transaction).batch(statement: statement)?.id.text ?? statement.hex
        try Acts.note(
            PortalDeed.makePackage.rawValue,
            object: object,
            outcome: outcome,
            detail: detail,
            at: time,
            in: transaction
        )
    }

    /// No package for an EdgeHSM whose journal is halted, under what the officers have revoked since the grant, of a batch
    /// that was taken back, or for a window that is over.
    private static func check(
        _ statement: Digest256,
        at now: Instant,
        in transaction: any SQLTransaction
    ) throws {
        guard let batch = try BatchTable(transaction).batch(statement: statement),
            let version = try VersionTable(transaction).approved(by: batch.authorization.approval)
        else { throw Refusal(BatchError.packageFailed, "the grant is not there") }
        guard try WithdrawalTable(transaction).withdrawals(of: statement).isEmpty else {
            throw Refusal(BatchError.ended, batch.id.text)
        }
        guard now <= batch.authorization.notAfter else {
            throw Refusal(BatchError.window, "ended \(batch.authorization.notAfter)")
        }
        try OfficersWord(transaction).check(statement, batch.authorization, of: version.manifestDigest)
    }

    /// Signed and sealed anew each time, always over the octets that were granted.
    private func make(_ statement: Digest256) async throws -> (PackageRecord, [UInt8]) {
        let start = portal.clock.realtime()
        let (batch, version) = try await portal.database.read { transaction in
            guard let batch = try BatchTable(transaction).batch(statement: statement),
                let version = try VersionTable(transaction).approved(by: batch.authorization.approval)
            else { throw Refusal(BatchError.packageFailed, "the grant is not there") }
            try Self.check(statement, at: start, in: transaction)
            return (batch, version)
        }
        let declaration = try await shelf.read(version.declaration, limit: Self.largestDeclaration)
        let profile = portal.settings.profile
        let ground = try await portal.database.read { transaction in
            guard let edge = try GovernanceTable(transaction).edge(batch.authorization.edgeHSM) else {
                throw Refusal(BatchError.packageFailed, "the EdgeHSM is not enrolled")
            }
            return try BatchGround(version, edge.envelope, declaration, profile, in: transaction)
        }
        let now = portal.clock.realtime()
        let seam = seam
        let maker = PackageMaker(ground, token: portal.token, now: now) { try seam.pass("portal.package.signed") }
        let made = try await maker.make(from: batch.authorization)
        guard made.authorization.id == statement else {
            throw Refusal(BatchError.packageFailed, "authorization \(made.authorization.id)")
        }
        let content = try StatementCoding.encode(made.file)
        let record = PackageRecord(
            statement: statement,
            digest: Digest256.of(content),
            size: content.count,
            madeAt: now
        )
        return (record, content)
    }
}
