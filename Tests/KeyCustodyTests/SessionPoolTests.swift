import Crypto
import Glibc
import KeyCustody
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import PKCS11Token

@Suite struct SessionPoolTests {
    @Test func manyTasksOverFourSessions() async throws {
        let opened = try await TestToken.open(sessions: 4)
        try await opened.token.generate(KeyName(.pai))
        let key = try await opened.token.signingKey(KeyName(.pai))
        let publicKey = try P256.Signing.PublicKey(x963Representation: key.publicKey.bytes)
        let valid = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var valid = 0
                    for round in 0..<10 {
                        let message = [UInt8(task), UInt8(round)]
                        let signature = try await key.sign(message)
                        let parsed = try P256.Signing.ECDSASignature(rawRepresentation: signature.bytes)
                        if publicKey.isValidSignature(parsed, for: message) { valid += 1 }
                    }
                    return valid
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(valid == 640)
    }

    @Test func queueRefusesBeyondItsLimit() async throws {
        let opened = try await TestToken.open(sessions: 1, queueLimit: 2)
        let gate = Gate()
        let pool = opened.token.pool
        let running = Task { try await pool.run { _ in gate.waitUntilOpen() } }
        await gate.entered()
        // One runs; two more may wait.
        let waiting = (0..<2).map { _ in Task { try await opened.token.has(KeyName(.pai)) } }
        while pool.calls < 3 { await Task.yield() }
        #expect(await refusalCode { _ = try await opened.token.has(KeyName(.pai)) } == "key.queue.full")
        do {
            _ = try await opened.token.has(KeyName(.pai))
        } catch let refusal as Refusal {
            #expect(refusal.isRetryable)
        }
        gate.open()
        try await running.value
        for task in waiting { #expect(try await !task.value) }
        #expect(try await !opened.token.has(KeyName(.pai)), "there is room again")
    }

    @Test func brokenSessionsAreReopenedWithANewLogin() async throws {
        let health = Recorder()
        let opened = try await TestToken.open(sessions: 4) { health.add($0) }
        try await opened.token.generate(KeyName(.pai))
        let key = try await opened.token.signingKey(KeyName(.pai))
        for round in 1...3 {
            try await opened.token.pool.run { $0.closeAllOfToken() }
            // The first call finds out and fails; what follows works, in whichever session.
            let failed = await refusalCode { _ = try await key.sign([1]) }
            #expect(failed == "key.device.failed")
            for _ in 0..<12 { _ = try await key.sign([2]) }
            await health.wait(for: 2 * round)
            let seen = health.all.map { if case .serving = $0 { "serving" } else { "failing" } }
            #expect(seen == Array(repeating: ["failing", "serving"], count: round).flatMap { $0 })
        }
    }

    @Test func sessionsRecoverWithoutAnyCall() async throws {
        let health = Recorder()
        let opened = try await TestToken.open(sessions: 2) { health.add($0) }
        try await opened.token.pool.run { $0.closeAllOfToken() }
        #expect(await refusalCode { _ = try await opened.token.has(KeyName(.pai)) } == "key.device.failed")
        await health.wait(for: 2)
        #expect(health.all.last == .serving)
    }

    @Test(.timeLimit(.minutes(1)))
    func aCallThatHangsIsReportedAndNobodyWaitsForIt() async throws {
        let health = Recorder()
        let files = try SoftHSMFixture.shared().takeToken()
        let token = try await PKCS11Token.open(
            files.configuration(sessions: 2, callDeadline: .milliseconds(300)),
            observer: { health.add($0) }
        )
        let (gate, pool) = (Gate(), token.pool)
        let hanging = Task { await refusalCode { try await pool.run(.ordered) { _ in gate.waitUntilOpen() } } }
        await gate.entered()
        let made = Tally()
        let behind = (0..<3).map { _ in
            Task { await refusalCode { try await pool.run(.ordered) { _ in made.count() } } }
        }
        #expect(await hanging.value == "key.device.hangs")
        for task in behind { #expect(await task.value == "key.device.hangs") }
        guard case .failing(let why) = health.all.first else { return #expect(Bool(false), "\(health.all)") }
        #expect(why.code == "key.device.hangs" && why.isRetryable)
        #expect(await refusalCode { _ = try await token.has(KeyName(.pai)) } == "key.device.hangs")
        #expect(health.all.count == 1, "it does not serve while the thread is away")
        gate.open()
        await health.wait(for: 2)
        #expect(health.all.last == .serving)
        #expect(try await !token.has(KeyName(.pai)))
        #expect(made.all == 0, "nobody waited for these calls any more")
    }

    @Test func namesOfRolesAreThoseInTheToken() async throws {
        let token = try await TestToken.open().token
        let names: Set<KeyName> = [KeyName(.pai, "a/b"), KeyName(.unitSecret, "x"), KeyName(.edgeIdentity)]
        for name in names { try await token.generate(name) }
        try await token.createRecord("pai/none", [1])
        #expect(try await token.names(of: Set(KeyRole.allCases)) == names)
        #expect(try await token.names(of: [.pai]) == [KeyName(.pai, "a/b")])
        try await token.destroy(KeyName(.pai, "a/b"))
        #expect(try await token.names(of: [.pai]).isEmpty)
    }

    @Test func aRefusedPINIsNeverTriedAgain() async throws {
        let files = try SoftHSMFixture.shared().takeToken()
        let wrong = files.userPINPath + ".wrong"
        try SoftHSMFixture.writePIN("not-the-pin", to: wrong)
        let configuration = PKCS11TokenConfiguration(
            modulePath: SoftHSMFixture.modulePath,
            label: files.label,
            pinSource: .file(path: wrong)
        )
        do {
            _ = try await PKCS11Token.open(configuration)
            Issue.record("opened with a wrong PIN")
        } catch let refusal as Refusal {
            #expect(refusal.code == "key.pin.refused")
            #expect(!refusal.isRetryable)
            #expect(!refusal.description.contains("not-the-pin"))
        }
        let attempts = Mutex(0)
        let connect: @Sendable () throws -> Session = {
            attempts.withLock { $0 += 1 }
            throw PKCS11Failure(function: "C_Login", code: 0xa0)
        }
        let pool = SessionPool(sessions: 1, queueLimit: 8, observer: { _ in }, connect: connect)
        for _ in 0..<5 { #expect(await refusalCode { try await pool.run { _ in } } == "key.pin.refused") }
        #expect(attempts.withLock { $0 } == 1)
    }

    @Test func aClosedTokenSaysSo() async throws {
        let opened = try await TestToken.open()
        await opened.token.close()
        #expect(await refusalCode { _ = try await opened.token.has(KeyName(.pai)) } == "key.token.closed")
    }
}

/// Collects what the observer is told.
private final class Recorder: Sendable {
    private let seen = Mutex<[TokenHealth]>([])
    var all: [TokenHealth] { seen.withLock { $0 } }
    func add(_ health: TokenHealth) { seen.withLock { $0.append(health) } }
    func wait(for count: Int) async {
        while all.count < count { try? await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Counts from any thread.
private final class Tally: Sendable {
    private let number = Mutex(0)
    var all: Int { number.withLock { $0 } }
    func count() { number.withLock { $0 += 1 } }
}

/// Holds a session's thread until the test lets it go.
private final class Gate: Sendable {
    private let state = Mutex((entered: false, open: false))
    func waitUntilOpen() {
        state.withLock { $0.entered = true }
        while !state.withLock({ $0.open }) { sched_yield() }
    }
    func entered() async {
        while !state.withLock({ $0.entered }) { await Task.yield() }
    }
    func open() { state.withLock { $0.open = true } }
}

/// Keys and records come and go in one session while others look keys up and sign.
@Suite struct MixedLoadTests {
    @Test func creatingDestroyingFindingAndSigningAtOnce() async throws {
        let token = try await TestToken.open(sessions: 4).token
        try await token.generate(KeyName(.pai))
        let key = try await token.signingKey(KeyName(.pai))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<12 {
                        let name = KeyName(.unitSecret, "\(task)-\(round)")
                        try await token.generate(name)
                        _ = try await token.derive(name, context: [1])
                        try await token.createRecord("anchor", [UInt8(task), UInt8(round)])
                        if round.isMultiple(of: 2) { try await token.destroy(name) }
                    }
                }
                group.addTask {
                    for _ in 0..<60 {
                        _ = try await key.sign([2])
                        _ = try await token.records("anchor")
                        _ = try await token.has(KeyName(.pai))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await token.records("anchor").count == 48)
        for task in 0..<4 {
            for round in 0..<12 {
                let there = try await token.has(KeyName(.unitSecret, "\(task)-\(round)"))
                #expect(there == !round.isMultiple(of: 2))
            }
        }
    }
}
