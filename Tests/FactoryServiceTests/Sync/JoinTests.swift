import FactoryCore
import Foundation
import LineProtocol
import PortalProtocol
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

@Suite(.serialized) struct JoinTests {
    private let secret = "abcdefghijklmnopqrstuvwx"

    /// The people's listener: no client certificates.
    private func withPeople(_ site: SyncSite, _ body: (FakePortal, CutWire) async throws -> Void) async throws {
        let people = FakePortal(pki: site.line.pki, edge: site.line.edge.identityPoint)
        try await people.start(asksForCertificates: false)
        let wire = try await CutWire.start(to: people.port)
        do { try await body(people, wire) } catch {
            await wire.close()
            await people.stop()
            throw error
        }
        await wire.close()
        await people.stop()
    }

    @Test func aFactoryServiceJoinsAndARunningOneTakesItUp() async throws {
        try await SyncSite.with(isJoined: false) { site in
            await site.rounds(1)
            let waiting = try await site.synchroniser.report()
            #expect(waiting.refusal?.has(FactoryError.notJoined) == true && site.wire.connections == 0)
            try await withPeople(site) { people, wire in
                let code = try JoiningCode(
                    host: "127.0.0.1",
                    port: wire.port,
                    issuer: site.line.pki.digest,
                    code: secret
                )
                // The answer is lost; the same key and request get it again.
                wire.setFate { .cut(after: 4_500) }
                _ = try? await FactoryJoin.join(site.line.configuration, code: code)
                wire.setFate { .whole }
                let reply = try await FactoryJoin.join(site.line.configuration, code: try JoiningCode(code.text))
                #expect(reply.factory.text == "site-1" && people.rows.withLock { $0.joins.count } == 1)
                let again = try await FactoryJoin.join(site.line.configuration, code: code)
                #expect(again.factory == reply.factory)
            }
            let key = try #require(site.line.configuration.portal?.tls.key)
            let attributes = try FileManager.default.attributesOfItem(atPath: key)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            try site.line.edge.grow(4)
            await site.rounds(1)
            try await site.requireInStep("joined", units: 0)
        }
    }

    @Test func aServerOfAnotherAuthorityHearsNoCode() async throws {
        try await SyncSite.with(isJoined: false) { site in
            try await withPeople(site) { people, wire in
                let code = try JoiningCode(host: "127.0.0.1", port: wire.port, issuer: .zero, code: secret)
                let refusal = await #expect(throws: Refusal.self) {
                    try await FactoryJoin.join(site.line.configuration, code: code)
                }
                #expect(refusal?.has(FactoryError.joinIssuer) == true)
                #expect(people.rows.withLock { $0.requests.isEmpty })
            }
        }
    }

    @Test func aServerThatIsAwayIsUnreachable() async throws {
        try await SyncSite.with(isJoined: false) { site in
            try await withPeople(site) { _, wire in
                wire.setFate { .refused }
                let code = try JoiningCode(host: "127.0.0.1", port: wire.port, issuer: .zero, code: secret)
                let refusal = await #expect(throws: Refusal.self) {
                    try await FactoryJoin.join(site.line.configuration, code: code)
                }
                #expect(refusal?.has(FactoryError.portalUnreachable) == true)
            }
        }
    }

    @Test func aCertificateIsRenewedWithAThirdOfItsLifeLeft() async throws {
        try await SyncSite.with(life: (-80_000, 30_000)) { site in
            let path = try #require(site.line.configuration.portal?.tls.certificates)
            let before = try String(contentsOfFile: path, encoding: .utf8)
            try site.line.edge.grow(3)
            await site.rounds(1)
            let after = try String(contentsOfFile: path, encoding: .utf8)
            #expect(after != before && site.rows.requests.contains("POST /sync/v1/renew"))
            try site.line.edge.grow(3)
            await site.rounds(2)
            try await site.requireInStep("renewed", units: 0)
            #expect(site.rows.requests.count { $0 == "POST /sync/v1/renew" } == 1)
            let ends = try #require(try await site.synchroniser.report().certificateEnds)
            #expect(ends.seconds > Int64(Date.now.timeIntervalSince1970) + 80 * 86_400)
        }
        try await SyncSite.with(life: (-10_000, 30_000)) { site in
            await site.rounds(2)
            #expect(!site.rows.requests.contains("POST /sync/v1/renew"), "too early")
        }
    }
}
