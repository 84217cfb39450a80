import LineProtocol
import StationCore
import Synchronization
import Vocabulary

/// Brings reports to the Factory Service in their order, for as long as it takes. None is ever dropped: a report may
/// hold the only copy of a unit's sealed label record. One that the Factory Service refuses for good is set aside, so
/// that it does not block those behind it, and is sent again after the next sign-in.
final class ReportSender: Sendable {
    private let store: StationStore
    private let work: LineCaller
    private let pause: Duration
    private let setAside: @Sendable (Refusal) -> Void
    /// Who signed in last at this station, for reports whose shift the Factory Service has lost.
    private let operatorName = Mutex<String?>(nil)

    init(
        store: StationStore,
        work: LineCaller,
        pause: Duration,
        setAside: @escaping @Sendable (Refusal) -> Void
    ) {
        self.store = store
        self.work = work
        self.pause = pause
        self.setAside = setAside
    }

    /// Runs until cancelled.
    func run() async {
        while !Task.isCancelled {
            _ = try? await flush()
            try? await Task.sleep(for: pause)
        }
    }

    /// Somebody signed in: what was set aside gets another chance.
    func signedIn(_ name: String) async throws {
        operatorName.withLock { $0 = name }
        try await store.sendStuckAgain()
    }

    /// Sends what is there. Throws the refusal that keeps a report here.
    func flush() async throws {
        while let next = try await store.nextReport() {
            do {
                try await send(try next.report())
            } catch let refusal as Refusal where Self.isForGood(refusal) {
                try await store.setAside(next, code: refusal.code)
                setAside(refusal)
                continue
            }
            try await store.removeReport(next.number)
        }
    }

    private func send(_ report: ReportUnit.Request) async throws {
        do {
            _ = try await work.call(ReportUnit.self, report)
        } catch let refusal as Refusal where refusal.code == Self.unknownShift {
            // Its database was restored or changed: the same operator works here, under a new shift.
            guard let name = operatorName.withLock({ $0 }) else { throw refusal }
            let shift = try await work.call(SignIn.self, .init(operatorName: name)).shift
            _ = try await work.call(ReportUnit.self, report.moved(to: shift))
        }
    }

    private static let unknownShift = "factory.shift.unknown"

    /// True where the report itself is what the Factory Service does not want, or can't be read any more. Whatever else
    /// is refused (storage, certificates, the link) keeps it at its place.
    private static func isForGood(_ refusal: Refusal) -> Bool {
        guard !refusal.isRetryable else { return false }
        return ["factory.report.", "factory.shift.", "statement.", StationError.progressUnreadable.rawValue]
            .contains { refusal.code.hasPrefix($0) }
    }
}

extension ReportUnit.Request {
    fileprivate func moved(to shift: String) -> Self {
        Self(
            shift: shift,
            authorization: authorization,
            chipUID: chipUID,
            unit: unit,
            serial: serial,
            result: result,
            code: code,
            site: site,
            milliseconds: milliseconds,
            labelRecord: labelRecord
        )
    }
}
