import Foundation
import LineProtocol
import ServiceSupport
import Statements
import Synchronization
import Vocabulary

/// A batch that somebody was told of.
struct ToldBatch: Sendable, Hashable {
    let key: String
    let id: String
    let name: String
    let authorization: Digest256
    let quantity: Int
}

/// What was said to the world outside of portal and Factory Service while they died: none of it may be taken back.
final class OnlineBook: Sendable {
    struct State: Sendable {
        var batches: [ToldBatch] = []
        /// Units that the EdgeHSM completed, and whose report the Factory Service acknowledged.
        var reported: Set<Digest256> = []
        /// SHA-256 of files that the portal said it keeps.
        var files: Set<Digest256> = []
        /// Orders that were refused for want of quota.
        var refused = 0
        /// Requests that had to be sent more than once.
        var repeated = 0
        var isOver = false
    }

    private let state = Mutex(State())

    var now: State { state.withLock { $0 } }
    var isOver: Bool { state.withLock(\.isOver) }
    func note(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    /// Sends until an answer comes: whoever asks is patient and never knows what became of the request before.
    func untilAnswered<Value: Sendable>(_ what: String, _ ask: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do { return try await ask() } catch let refusal as PortalRefusal where refusal.status < 500 {
                throw refusal
            } catch let refusal as Refusal where !refusal.isRetryable && !refusal.code.hasPrefix("net.") {
                throw refusal
            } catch {
                guard ContinuousClock.now < end else {
                    throw Refusal(FactoryBoxError.unexpected, "\(what): no answer in a minute: \(error)")
                }
                note { $0.repeated += 1 }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

/// People of the ODM who order batches, several at a time, each under an idempotency key of its own.
struct BatchCustomers: Sendable {
    let manager: PortalClient
    let engineer: PortalClient
    let product: ProductPlan
    let edge: EdgeAppliance
    let start: Instant
    let book: OnlineBook

    /// One for each station, so large that it has work whatever becomes of the others.
    func orderFirst(_ count: Int) async throws {
        _ = try await race((1...count).map { "first-\($0)" }, quantity: 100)
    }

    /// Batches that are ordered while parties are killed: an EdgeHSM holds 256, and the last are for who exhausts the
    /// quota.
    private static let mostOrdered = 160

    /// Three at a time, until it is over.
    func order() async throws {
        var round = 0
        while !book.isOver {
            guard book.now.batches.count < Self.mostOrdered else {
                try await Task.sleep(for: .milliseconds(500))
                continue
            }
            round += 1
            let names = (1...3).map { "kill-\(round)-\($0)" }
            _ = try await race(names, quantity: round % 3 + 2)
            // So slowly that orders still come when the last kill does.
            try await Task.sleep(for: .milliseconds(800))
        }
    }

    /// All that is left, by many at once: none may get what another got. Returns how many were refused.
    func exhaust(_ quantity: Int) async throws -> Int {
        var refused = 0
        for round in 1...40 {
            let names = (1...8).map { "rest-\(round)-\($0)" }
            let got = try await race(names, quantity: quantity)
            refused += names.count - got
            if got == 0 { return refused }
        }
        throw Refusal(FactoryBoxError.unexpected, "the quota has no end")
    }

    /// Returns how many were granted.
    private func race(_ names: [String], quantity: Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for name in names { tasks.addTask { try await order(name, quantity) } }
            return try await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func order(_ name: String, _ quantity: Int) async throws -> Bool {
        let key = UUID().uuidString
        do {
            let batch = try await told(name, quantity, key)
            // Somebody who lost the answer asks again.
            if quantity % 2 == 0, try await told(name, quantity, key) != batch {
                throw Refusal(FactoryBoxError.unexpected, "\(name): another batch for the same key")
            }
            book.note { $0.batches.append(batch) }
            return true
        } catch let refusal as PortalRefusal where refusal.code == "portal.batch.allotment-exhausted" {
            book.note { $0.refused += 1 }
            return false
        }
    }

    /// The answer to an order, also where it was given before.
    func told(_ name: String, _ quantity: Int, _ key: String) async throws -> ToldBatch {
        let reply = try await book.untilAnswered("batch \(name)") {
            try await manager.post(
                "/v1/batches",
                [
                    "batch": .text(name), "product": .text(product.name), "version": .text(VersionOffice.version),
                    "edgeHSM": .text(edge.id), "quantity": .integer(quantity),
                    "notBefore": .text((start + -60).description),
                    "notAfter": .text((start + 5 * 86_400).description),
                ],
                key: key
            )
        }
        return ToldBatch(
            key: key,
            id: try reply.string("id"),
            name: try reply.string("batch"),
            authorization: try Digest256(hex: reply.string("authorization")),
            quantity: try reply.integer("quantity")
        )
    }

    /// Files of a megabyte, one after the other; what was stored is there whole.
    func uploadFiles() async throws {
        while !book.isOver {
            var generator = SystemRandomNumberGenerator()
            let bytes = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let digest = Digest256.of(bytes)
            try await book.untilAnswered("file \(digest)") {
                _ = try await engineer.put("/v1/firmware/\(digest.hex)", bytes: bytes, type: "application/octet-stream")
            }
            book.note { _ = $0.files.insert(digest) }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// A station that makes units of whatever batches the EdgeHSM has loaded, and reports each to the Factory Service.
struct OnlineStation: Sendable {
    let line: LineClient
    let work: LineCaller
    private let client: FrameClient
    let book: OnlineBook
    /// Each takes the batches of its own number.
    private let turn: (number: Int, count: Int)

    init(_ number: Int, of count: Int, at factory: Factory, book: OnlineBook) async throws {
        let name = "killed-line-\(number)"
        turn = (number, count)
        line = try await LineClient.enrol(name, role: "station", at: factory.edge)
        self.book = book
        let folder = factory.edge.host.world.path("clients", name)
        let chain = try CredentialFile.certificates(folder + "/certificates.pem")
        let client = try FrameClient(
            FrameClientConfiguration(
                endpoint: .tls(
                    host: "127.0.0.1",
                    port: factory.host.port,
                    identity: try TLSIdentity(chain: Array(chain.prefix(1)), key: .pem(path: folder + "/key.pem")),
                    authorities: [chain[chain.count - 1]],
                    server: ServerExpectation(commonName: factory.host.serviceName),
                    now: { Clock.now }
                )
            )
        )
        self.client = client
        work = LineCaller(prefix: name) { try await client.request($0) }
    }

    func close() async {
        await line.close()
        await client.close()
    }

    /// Until it is over.
    func produce() async throws {
        let shift = try await book.untilAnswered("shift") {
            try await work.call(SignIn.self, .init(operatorName: "Ada"))
        }
        var made: [Digest256: Int] = [:]
        while !book.isOver {
            var isIdle = true
            for (number, batch) in book.now.batches.enumerated()
            where number % turn.count == turn.number && made[batch.authorization, default: 0] < batch.quantity {
                guard let unit = try await begin(batch) else { continue }
                try await finish(unit, shift.shift)
                made[batch.authorization, default: 0] += 1
                isIdle = false
                if book.isOver { break }
            }
            if isIdle { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    private struct Unit {
        let chip: SoftChip
        let authorization: Digest256
        let id: Digest256
        let nonce: Nonce
    }

    /// Nil where the batch is still on its way.
    private func begin(_ batch: ToldBatch) async throws -> Unit? {
        let chip = SoftChip()
        do {
            let begun = try await line.ask(
                BeginUnit.self,
                .init(authorization: batch.authorization, chipUID: chip.uid)
            )
            return Unit(chip: chip, authorization: batch.authorization, id: begun.unit, nonce: begun.nonce)
        } catch let refusal as Refusal where refusal.code == "edge.authorization.unknown" || refusal.isRetryable {
            return nil
        }
    }

    private func finish(_ unit: Unit, _ shift: String) async throws {
        let (authorization, id, chip) = (unit.authorization, unit.id, unit.chip)
        _ = try await line.ask(
            IssueCredential.self,
            .init(authorization: authorization, unit: id, request: chip.request(unit.nonce), vendorProof: nil)
        )
        let data = try await line.ask(GetFactoryData.self, .init(authorization: authorization, unit: id))
        _ = try await line.ask(
            SealKey.self,
            .init(authorization: authorization, unit: id, slot: try KeySlot("ota"))
        )
        let permit = try await line.ask(GetPermit.self, .init(authorization: authorization, unit: id)).permit
        let terms = try ProgrammingPermit.read(payload: permit.payload)
        let (elements, signature) = try chip.attest(terms, declaration: data.certificationDeclaration.bytes)
        _ = try await line.ask(
            CompleteUnit.self,
            CompleteUnit.Request(
                authorization: authorization,
                unit: id,
                firmware: terms.firmware,
                factoryData: terms.factoryData,
                attestationElements: Octets(elements),
                attestationSignature: signature,
                scannedLabel: data.label.qr,
                debugPortLocked: true
            )
        )
        let report = ReportUnit.Request(
            shift: shift,
            authorization: authorization,
            chipUID: chip.uid,
            unit: id,
            serial: data.label.serial,
            result: .passed,
            code: nil,
            site: 1,
            milliseconds: 10,
            labelRecord: data.labelRecord
        )
        try await book.untilAnswered("report of \(id)") { _ = try await work.call(ReportUnit.self, report) }
        book.note { _ = $0.reported.insert(id) }
    }
}
