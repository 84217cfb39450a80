import KeyCustody
import OEMWorld
import Synchronization
import Vocabulary

/// A real token whose data objects can be made to fail, before or after the effect.
final class FlakyToken: ForwardingToken {
    enum Fault: Sendable {
        case refuseCreate
        /// The record is there, but the caller is told it is not.
        case loseAnswer
        case refuseRead
    }

    struct Broken: Error {}

    let real: any Token
    private let faults = Mutex<[Fault]>([])
    private let created = Mutex(0)
    /// Called before each create, so that a test can hold it.
    private let gate = Mutex<(@Sendable () async -> Void)?>(nil)

    init(_ real: any Token) { self.real = real }

    var recordsCreated: Int { created.withLock { $0 } }

    /// The next operations on records fail so, in order; each fault hits the first operation that it is about.
    func plan(_ next: [Fault]) { faults.withLock { $0 = next } }
    func hold(_ body: (@Sendable () async -> Void)?) { gate.withLock { $0 = body } }

    private func take(_ candidates: Set<Fault>) -> Fault? {
        faults.withLock { faults in
            guard let first = faults.first, candidates.contains(first) else { return nil }
            return faults.removeFirst()
        }
    }

    func records(_ label: String) async throws -> [[UInt8]] {
        if take([.refuseRead]) != nil { throw Broken() }
        return try await real.records(label)
    }

    func createRecord(_ label: String, _ value: [UInt8]) async throws {
        if let gate = gate.withLock({ $0 }) { await gate() }
        let fault = take([.refuseCreate, .loseAnswer])
        if fault == .refuseCreate { throw Broken() }
        try await real.createRecord(label, value)
        created.withLock { $0 += 1 }
        if fault == .loseAnswer { throw Broken() }
    }
}
