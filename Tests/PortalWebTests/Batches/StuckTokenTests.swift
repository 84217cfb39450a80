import Crypto
import KeyCustody
import Logging
import PortalProtocol
import PortalStore
import Statements
import Synchronization
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// A token that answers nothing holds up packages, and nothing else.
@Suite struct StuckTokenTests {
    /// Never comes back with a signing key, until whoever waits gives up.
    private final class StuckToken: Token {
        let token: any Token
        let asked = Mutex(0)
        var information: TokenDescription { token.information }
        init(_ token: any Token) { self.token = token }

        func signingKey(_ name: KeyName) async throws -> any SigningKey {
            asked.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(86_400))
            return try await token.signingKey(name)
        }

        func names(of roles: Set<KeyRole>) async throws -> Set<KeyName> { try await token.names(of: roles) }
        func has(_ name: KeyName) async throws -> Bool { try await token.has(name) }
        func generate(_ name: KeyName) async throws { try await token.generate(name) }
        func destroy(_ name: KeyName) async throws { try await token.destroy(name) }
        func agreementKey(_ name: KeyName) async throws -> any AgreementKey { try await token.agreementKey(name) }
        func transportPublicKey(_ name: KeyName) async throws -> [UInt8] { try await token.transportPublicKey(name) }
        func wrap(_ product: KeyName, under transport: KeyName) async throws -> [UInt8] {
            try await token.wrap(product, under: transport)
        }
        func unwrap(_ wrapped: [UInt8], with transport: KeyName, as name: KeyName) async throws {
            try await token.unwrap(wrapped, with: transport, as: name)
        }
        func checkValue(_ product: KeyName) async throws -> [UInt8] { try await token.checkValue(product) }
        func verifyCheckValue(_ expected: [UInt8], of product: KeyName) async throws {
            try await token.verifyCheckValue(expected, of: product)
        }
        func isImportedInClear(_ product: KeyName) async throws -> Bool { try await token.isImportedInClear(product) }
        func seal(
            _ product: KeyName,
            _ release: ProductKeyRelease,
            to chip: P256Point,
            info: [UInt8]
        ) async throws -> SealedProductKey {
            try await token.seal(product, release, to: chip, info: info)
        }
        func derive(_ unitSecret: KeyName, context: [UInt8]) async throws -> Secret {
            try await token.derive(unitSecret, context: context)
        }
        func records(_ label: String) async throws -> [[UInt8]] { try await token.records(label) }
        func createRecord(_ label: String, _ value: [UInt8]) async throws {
            try await token.createRecord(label, value)
        }
        func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws {
            try await token.pruneRecords(label, keeping: keep)
        }
    }

    @Test("while a package waits for a token that answers nothing, journals are taken in, batches granted, pages read")
    func ingestGoesOn() async throws {
        try await BatchPortal.run { tester in
            let stuck = StuckToken(tester.services.token)
            let services = try await PortalServices(
                settings: tester.services.settings,
                database: tester.database,
                token: stuck,
                enrolment: tester.services.enrolment,
                clock: tester.services.clock
            )
            let worker = PackageWorker(services, shelf: tester.shelf, logger: Logger(label: "test"))
            let first = try await tester.create(try tester.order("b1")).message(Batch.self)
            let before = stuck.asked.withLock { $0 }
            let working = Task { await worker.makeWaiting() }
            while stuck.asked.withLock({ $0 }) == before { await Task.yield() }
            let world = try World()
            let ingest = IngestService(
                database: tester.database,
                registry: IngestBench.Registry(
                    edges: [
                        world.box: EnrolledEdge(
                            edgeHSM: world.box,
                            factory: world.site,
                            identity: world.identity.point,
                            enrolment: try world.enrolment()
                        )
                    ]
                ),
                rootAuthority: world.root.point,
                grants: nil,
                now: { IngestBench.now }
            )
            let (box, _) = try Box.working(world, units: 1...3)
            let outcome = try await ingest.ingest(SentJournal(box).whole(), from: world.site)
            #expect(outcome.refusal == nil && outcome.added == box.disk.entries.count)
            #expect(try await tester.create(try tester.order("b2")).status == 201)
            #expect(try await tester.get("/v1/batches/\(first.id)").message(Batch.self).state == .granted)
            working.cancel()
            await working.value
        }
    }
}
