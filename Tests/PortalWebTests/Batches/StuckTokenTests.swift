import Crypto
import KeyCustody
import Logging
import PortalProtocol
import PortalStore
import Statements
import Synchronization
import Testing
import Vocabulary

import protocol OEMWorld.ForwardingToken

@testable import EdgeHSMFixture
@testable import PortalWeb

/// A token that answers nothing holds up packages, and nothing else.
@Suite struct StuckTokenTests {
    /// Never comes back with a signing key, until whoever waits gives up.
    private final class StuckToken: ForwardingToken {
        let real: any Token
        let asked = Mutex(0)

        init(_ real: any Token) { self.real = real }

        func signingKey(_ name: KeyName) async throws -> any SigningKey {
            asked.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(86_400))
            return try await real.signingKey(name)
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
