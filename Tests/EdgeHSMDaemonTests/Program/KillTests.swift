import EdgeHSMCore
import EdgeHSMDaemon
import Foundation
import KeyCustody
import LineProtocol
import Matter
import ServiceSupport
import Statements
import TestSupport
import Testing
import Vocabulary

@Suite("The program, killed again and again")
struct KillTests {
    /// A peer with a certificate of this site.
    private struct Peer {
        let key = SoftwareKey()
        let chain: [[UInt8]]

        init(_ name: String, _ role: EnrolStation.Request.Role, _ world: EngineWorld) async throws {
            let request = ToBeSignedRequest(subject: try ServiceName(commonName: "request"), publicKey: key.publicKey)
            let csr = try request.assembled(with: key.signNow(request.bytes)).der
            let client = try FrameClient(
                FrameClientConfiguration(endpoint: .local(path: world.configuration.operatorSocket))
            )
            let caller = LineCaller(prefix: "operator") { try await client.request($0) }
            chain = try await caller.call(
                EnrolStation.self,
                .init(
                    name: StationName(name),
                    role: role,
                    request: Octets(csr),
                    fingerprint: Digest256.of(csr),
                    days: 30
                )
            ).certificates.map(\.bytes)
            await client.close()
        }

        func client(_ process: EdgeProcess) throws -> FrameClient {
            let key = key
            return try FrameClient(
                FrameClientConfiguration(
                    endpoint: .tls(
                        host: "127.0.0.1",
                        port: process.port,
                        identity: TLSIdentity(
                            chain: chain,
                            key: .custom(publicKey: key.publicKey, sign: { try key.signNow($0) })
                        ),
                        authorities: [chain[1]],
                        server: ServerExpectation(role: "edgehsm"),
                        now: ClockSource.system.realtime
                    )
                )
            )
        }
    }

    /// What has left the EdgeHSM, and the journal as it was last read.
    private struct Line {
        var released: [(chip: EngineChip, dac: Octets)] = []
        var journal: [[UInt8]] = []
    }

    private static let plans = [
        "journal.commit:9:kill", "journal.commit:9:kill-after", "journal.commit:12:kill-after", "journal.reply:10:kill",
        "anchor.before:2:kill", "anchor.after:2:kill", "dac.before:2:kill", "dac.after:2:kill",
        "start.commit:1:kill-after",
    ]

    @Test("I1, I3, I5, I8: SIGKILL at named points and at random ones; what left is journaled, and nothing is undone")
    func killed() async throws {
        let world = try await EngineWorld.make()
        let seed = Seed.take("EdgeHSMDaemonTests.KillTests")
        var generator = SeededGenerator(seed: seed)
        var process = try await EdgeProcess(world)
        let service = try await Peer("factory", .service, world)
        let station = try await Peer("station-1", .station, world)
        let batch = try await prepare(process, service, world)
        process.signal(SIGKILL)
        #expect(process.wait() == -SIGKILL)
        var line = Line()
        let random = (0..<5).map { _ in Int.random(in: 1...150, using: &generator) }
        for plan in Self.plans.map(Optional.some) + random.map({ _ in nil }) {
            do {
                process = try await EdgeProcess(world, faults: plan)
            } catch is EdgeProcess.DidNotServe where plan?.hasPrefix("start.") == true { continue }
            try await check(process, service, batch, &line)
            if plan == nil {
                let delay = random[line.released.count % random.count]
                let victim = process.identifier
                let killer = Task {
                    try await Task.sleep(for: .milliseconds(delay))
                    kill(victim, SIGKILL)
                }
                await produce(process, station, batch, &line, most: 1_000)
                try await killer.value
            } else {
                await produce(process, station, batch, &line)
                if process.isRunning { process.signal(SIGKILL) }
            }
            #expect(process.wait() == -SIGKILL)
            if let plan { #expect(process.output.contains("fault: killed at"), "\(plan) did not strike") }
        }
        try await end(world, service, station, batch, &line)
    }

    /// After all kills the line still works, and SIGTERM is a clean stop that burns nothing.
    private func end(
        _ world: EngineWorld,
        _ service: Peer,
        _ station: Peer,
        _ batch: Digest256,
        _ line: inout Line
    ) async throws {
        var process = try await EdgeProcess(world)
        try await check(process, service, batch, &line)
        let before = line.released.count
        await produce(process, station, batch, &line, most: 3)
        #expect(line.released.count == before + 3)
        process.signal(SIGTERM)
        #expect(process.wait() == 0, "\(process.output)")
        process = try await EdgeProcess(world)
        try await check(process, service, batch, &line)
        let restarts = try line.journal.map { try JournalEntry(parsing: $0) }.compactMap { $0.event.body as? Restart }
        #expect(restarts.last?.clean == true)
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
    }

    @Test("killed between the keys of a load and its journal entry: the next start destroys them, and so does zeroise")
    func killedBeforeTheEntry() async throws {
        let world = try await EngineWorld.make()
        var process = try await EdgeProcess(world, faults: "load.keys:1:kill")
        let service = try await Peer("factory", .service, world)
        await #expect(throws: (any Error).self) { _ = try await prepare(process, service, world) }
        #expect(process.wait() == -SIGKILL && process.output.contains("fault: killed at load.keys"))
        let imported = KeyRole.importedMasterKey.rawValue
        #expect(try ZeroiseTests.objects(world).contains(imported))
        process = try await EdgeProcess(world)
        #expect(try !ZeroiseTests.objects(world).contains(imported))
        let edge = OEMWorld.edgeID.text
        _ = try await EdgeProcess.run(["operator", "zeroise", "--edgehsm", edge, "--reason", "sold"], world)
        let left = try ZeroiseTests.objects(world)
        #expect(!left.contains("Key Object") && left.contains("obis-anchor"), "\(left)")
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
    }

    private func prepare(_ process: EdgeProcess, _ service: Peer, _ world: EngineWorld) async throws -> Digest256 {
        let client = try service.client(process)
        let caller = LineCaller(prefix: "factory") { try await client.request($0) }
        _ = try await caller.call(
            PrepareProduct.self,
            .init(product: OEMWorld.product, vendorID: VendorID(0xFFF1), productID: ProductID(0x8001))
        )
        let installed = world.oem.certificates
        _ = try await caller.call(
            InstallCertificates.self,
            .init(
                certificates: ProductCertificates(
                    edgeHSM: OEMWorld.edgeID,
                    product: installed.product,
                    paa: installed.paa,
                    pai: installed.pai,
                    debugRoot: installed.debugRoot,
                    debugIntermediate: installed.debugIntermediate
                )
            )
        )
        var alterations = OEMWorld.Alterations()
        alterations.quantity = 400
        let package = try await world.oem.package(alterations)
        let batch = try await caller.call(LoadPackage.self, .init(package: Octets(package))).authorization
        await client.close()
        return batch
    }

    /// Makes units until the process is gone.
    private func produce(
        _ process: EdgeProcess,
        _ station: Peer,
        _ batch: Digest256,
        _ line: inout Line,
        most: Int = 20
    ) async {
        guard let client = try? station.client(process) else { return }
        let caller = LineCaller(prefix: "station") { try await client.request($0, timeout: .seconds(10)) }
        for _ in 0..<most where process.isRunning {
            let chip = EngineChip()
            do {
                let begun = try await caller.call(BeginUnit.self, .init(authorization: batch, chipUID: chip.uid))
                let issued = try await caller.call(
                    IssueCredential.self,
                    .init(
                        authorization: batch,
                        unit: begun.unit,
                        request: Octets(chip.request(begun.nonce)),
                        vendorProof: nil
                    )
                )
                line.released.append((chip, issued.dac))
            } catch { break }
        }
        await client.close()
    }

    /// The journal has grown only at its end, holds all that left, and the account balances.
    private func check(
        _ process: EdgeProcess,
        _ service: Peer,
        _ batch: Digest256,
        _ line: inout Line
    ) async throws {
        let client = try service.client(process)
        let caller = LineCaller(prefix: "factory") { try await client.request($0) }
        let status = try await caller.call(GetStatus.self)
        var journal: [[UInt8]] = []
        while journal.count < status.journalSize {
            journal += try await caller.call(ReadJournal.self, .init(from: journal.count, limit: 500)).entries.map(
                \.bytes
            )
        }
        await client.close()
        #expect(journal.starts(with: line.journal))
        line.journal = journal
        let issued = try journal.compactMap { try JournalEntry(parsing: $0).event.body as? Issued }
        let journaled = Set(issued.map(\.dac))
        for unit in line.released { #expect(journaled.contains(unit.dac)) }
        #expect(Set(issued.map(\.serial.text)).count == issued.count)
        let account = try #require(status.batches.first { $0.authorization == batch }).account
        #expect(account.issued == issued.count)
        #expect(account.issued + account.burned + account.remaining == account.granted)
        #expect(status.stopped == nil)
    }
}
