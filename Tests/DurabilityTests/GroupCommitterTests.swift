import Foundation
import GRDB
import Synchronization
import Testing
import Vocabulary

@testable import Durability

/// A committer that appends numbers to the table `entry` and answers each with its position.
private struct TestJournal {
    let database: DurableDatabase
    let committer: GroupCommitter<Int, Int>
    let record = Mutexed(Record())

    struct Record {
        var batches: [Int] = []
        var fatal = 0
    }

    init(
        _ folder: TestFolder,
        batch: Int = 64,
        capacity: Int = 1_024,
        seam: FaultSeam = .none,
        failsOn bad: Int? = nil,
        gate: DispatchSemaphore? = nil
    ) throws {
        database = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        let record = record
        committer = GroupCommitter(
            queue: database.queue,
            batch: batch,
            capacity: capacity,
            seam: seam,
            fatal: { _ in record.change { $0.fatal += 1 } },
            apply: { database, items in
                record.change { $0.batches.append(items.count) }
                gate?.wait()
                return try items.map { item in
                    if item == bad { throw CocoaError(.fileWriteUnknown) }
                    try database.execute(
                        sql: "INSERT INTO entry (body) VALUES (?)",
                        arguments: [withUnsafeBytes(of: item) { Data($0) }]
                    )
                    return Int(database.lastInsertedRowID)
                }
            }
        )
    }

    /// One item is in the writer's hands, at the gate, so that all that follow wait.
    func plug(_ item: Int) async throws -> Task<Int, any Error> {
        let before = record.value.batches.count
        let task = Task { try await committer.submit(item) }
        try await until { record.value.batches.count > before }
        return task
    }

    func stored() throws -> [Int] {
        try database.queue.read { database in
            try Data.fetchAll(database, sql: "SELECT body FROM entry ORDER BY position").map { data in
                data.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
            }
        }
    }
}

final class Mutexed<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { mutex = Mutex(value) }
    func change(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
    var value: Value { mutex.withLock { $0 } }
}

/// Waits for what another thread does soon; a test that waits in vain fails.
private func until(_ condition: () -> Bool) async throws {
    for _ in 0..<5_000 where !condition() { try await Task.sleep(for: .milliseconds(2)) }
    try #require(condition())
}

private func code(_ body: () async throws -> some Any) async -> String {
    do { return "no error: \(try await body())" } catch { return (error as? Refusal)?.code ?? "\(error)" }
}

@Suite struct GroupCommitterTests {
    @Test func manyCallersShareCommitsAndEachGetsItsOwnResult() async throws {
        let folder = try TestFolder()
        let gate = DispatchSemaphore(value: 0)
        let journal = try TestJournal(folder, gate: gate)
        let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for item in 0..<500 { group.addTask { (item, try await journal.committer.submit(item)) } }
            try await until { journal.committer.waitingCount >= 400 }
            for _ in 0..<500 { gate.signal() }
            return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
        }
        let stored = try journal.stored()
        #expect(stored.sorted() == Array(0..<500))
        for (item, position) in answers { #expect(stored[position - 1] == item) }
        let batches = journal.record.value.batches
        #expect(batches.reduce(0, +) == 500 && batches.allSatisfy { $0 <= 64 })
        #expect(batches.count <= 12, "\(batches)")
    }

    @Test func orderOfSubmissionIsKept() async throws {
        let folder = try TestFolder()
        let gate = DispatchSemaphore(value: 0)
        let journal = try TestJournal(folder, batch: 7, gate: gate)
        var tasks = [try await journal.plug(0)]
        for item in 1..<50 {
            tasks.append(Task { try await journal.committer.submit(item) })
            try await until { journal.committer.waitingCount == item }
        }
        for _ in 0..<50 { gate.signal() }
        for (item, task) in tasks.enumerated() { #expect(try await task.value == item + 1) }
        #expect(try journal.stored() == Array(0..<50))
    }

    @Test func fullQueueRefusesAndRecovers() async throws {
        let folder = try TestFolder()
        let gate = DispatchSemaphore(value: 0)
        let journal = try TestJournal(folder, batch: 1, capacity: 3, gate: gate)
        let first = try await journal.plug(0)
        let waiting = (1...3).map { item in Task { try await journal.committer.submit(item) } }
        try await until { journal.committer.waitingCount == 3 }
        let refusal = await #expect(throws: Refusal.self) { try await journal.committer.submit(9) }
        #expect(refusal?.code == "store.queue.full" && refusal?.isRetryable == true)
        for _ in 0..<100 { gate.signal() }
        _ = try await first.value
        for task in waiting { #expect(try await task.value > 0) }
        #expect(try await journal.committer.submit(2) > 0)
        #expect(!(try journal.stored().contains(9)))
    }

    @Test func failureInOneItemFailsTheWholeTurnAndAllThatFollows() async throws {
        let folder = try TestFolder()
        let gate = DispatchSemaphore(value: 0)
        let journal = try TestJournal(folder, failsOn: 13, gate: gate)
        gate.signal()
        #expect(try await journal.committer.submit(1) == 1)
        let before = try await journal.plug(2)
        let tasks = (10..<16).map { item in Task { try await journal.committer.submit(item) } }
        try await until { journal.committer.waitingCount == 6 }
        for _ in 0..<100 { gate.signal() }
        #expect(try await before.value == 2)
        for task in tasks { #expect(await code { try await task.value } == "store.commit.failed") }
        #expect(try journal.stored() == [1, 2])
        #expect(journal.record.value.fatal == 1)
        #expect(await code { try await journal.committer.submit(2) } == "store.commit.failed")
        await journal.committer.stop()
    }

    @Test(arguments: [("error", 0), ("error-after", 1)])
    func injectedCommitFaultIsFatalAndSaysNothingOfTheDisk(action: String, rows: Int) async throws {
        let folder = try TestFolder()
        let journal = try TestJournal(folder, seam: FaultSeam(plan: "journal.commit:2:\(action)"))
        #expect(try await journal.committer.submit(1) == 1)
        #expect(await code { try await journal.committer.submit(2) } == "store.commit.failed")
        #expect(journal.record.value.fatal == 1)
        #expect(try journal.stored().count == 1 + rows)
    }

    @Test func stopEndsWhatWasAcceptedAndRefusesMore() async throws {
        let folder = try TestFolder()
        let gate = DispatchSemaphore(value: 0)
        let journal = try TestJournal(folder, batch: 2, gate: gate)
        let first = try await journal.plug(0)
        let tasks = (1..<6).map { item in Task { try await journal.committer.submit(item) } }
        try await until { journal.committer.waitingCount == 5 }
        let stopped = Task { await journal.committer.stop() }
        try await until { journal.committer.isStopping }
        #expect(await code { try await journal.committer.submit(99) } == "store.queue.closed")
        for _ in 0..<100 { gate.signal() }
        for task in tasks { #expect(try await task.value > 0) }
        await stopped.value
        #expect(try await first.value == 1)
        #expect(Set(try journal.stored()) == Set(0..<6))
    }
}
