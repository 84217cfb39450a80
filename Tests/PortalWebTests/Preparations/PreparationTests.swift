import Foundation
import Logging
import OEMWorld
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// A new product at a running site, with the appliance's own keys and the ceremony's own certificates.
@Suite("Product preparation")
struct PreparationTests {
    private static let edge = EdgeHSMID(validated: "edge-1")
    private static let list = "/v1/edges/edge-1/preparations"
    private static let one = "/v1/edges/edge-1/preparations/lamp"
    private static let answer = "/v1/edges/edge-1/certificates/lamp"

    private static func ask(
        _ tester: BatchPortal,
        _ product: String = "lamp",
        edge: String = "edge-1"
    ) async throws -> TestPortal.Reply {
        try await tester.portal.ask(
            "POST",
            "/v1/edges/\(edge)/preparations",
            token: tester.admin.token.text,
            headers: ["Idempotency-Key": "ask-\(UInt64.random(in: 0...UInt64.max))"],
            json: #"{"product":"\#(product)"}"#
        )
    }

    private static func put(
        _ tester: BatchPortal,
        _ certificates: ProductCertificates,
        to path: String = answer
    ) async throws -> TestPortal.Reply {
        let json = String(decoding: try StatementCoding.encode(certificates), as: UTF8.self)
        return try await tester.portal.ask("PUT", path, token: tester.admin.token.text, json: json)
    }

    private static func server(_ tester: BatchPortal) throws -> SyncServer {
        try PortalParts(tester.services, files: tester.shelf.folder, logger: Logger(label: "test")).sync
    }

    /// What the portal wants of and has for the EdgeHSM.
    private static func wanted(_ tester: BatchPortal) async throws -> SyncState.Edge {
        let state = try await server(tester).state(of: FactoryID("shenzhen"), source: nil)
        return try #require(state.edges.first)
    }

    /// As the factory's upload brings it.
    private static func bring(_ envelope: Envelope, to tester: BatchPortal) async throws {
        let upload = SyncUpload(
            factory: try FactoryID("shenzhen"),
            service: try StationName("service-1"),
            source: try RecordSource(hex: String(repeating: "0a", count: 16)),
            preparations: [envelope]
        )
        _ = try await server(tester).take(upload, from: FactoryID("shenzhen"))
    }

    private static func prepared(_ tester: BatchPortal) throws -> Envelope {
        let path = tester.production.world.folder + "/preparation.json"
        return try Envelope(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))))
    }

    @Test("asked, answered, certified, offered until the journal has it")
    func story() async throws {
        try await BatchPortal.run { tester in
            let asked = try await Self.ask(tester)
            #expect(asked.status == 201, "\(asked.text)")
            #expect(try await Self.ask(tester).message(Preparation.self) == asked.message(Preparation.self))
            #expect(try await Self.wanted(tester).preparations.map(\.product.text) == ["lamp"])
            let early = try await tester.get(Self.one, by: tester.officer)
            #expect(early.status == 409 && early.problem?.code == "portal.preparation.pending")
            let certificates = tester.production.certificates
            #expect(try await Self.put(tester, certificates).problem?.code == "portal.preparation.pending")

            let envelope = try Self.prepared(tester)
            try await Self.bring(envelope, to: tester)
            #expect(try await Self.wanted(tester).preparations.isEmpty)
            // The very file that the ceremony takes.
            #expect(try await Envelope(parsing: tester.get(Self.one, by: tester.officer).body) == envelope)

            #expect(try await tester.get(Self.answer, by: tester.officer).status == 404)
            for _ in 0..<2 {
                let put = try await Self.put(tester, certificates)
                #expect(put.status == 200, "\(put.text)")
            }
            #expect(try await Self.wanted(tester).certificates.map(\.text) == ["lamp"])
            let kept = try await tester.get(Self.answer, by: tester.officer).body
            #expect(try ProductCertificates(parsing: kept) == certificates)
            let sent = try await Self.server(tester).certificates(
                of: ProductName("lamp"),
                for: Self.edge,
                of: FactoryID("shenzhen")
            )
            #expect(sent == kept)

            try await tester.database.write("journal") { transaction in
                try PreparationTable(transaction).noteInstalled(
                    InstalledCertificates(certificates),
                    of: ProductName("lamp"),
                    on: Self.edge,
                    at: World.now
                )
            }
            #expect(try await Self.wanted(tester).certificates.isEmpty)
            let page = try await tester.get(Self.list, by: tester.officer).message(Page<Preparation>.self)
            let item = try #require(page.items.first)
            #expect(page.items.count == 1 && page.next == nil && item.statement == envelope.statementID)
            #expect(item.certificates?.installedAt == World.now && item.certificates?.uploadedBy == item.askedBy)
        }
    }

    @Test("only the OEM's certificates of these keys, for an EdgeHSM in force and a product of the site's ODM")
    func refusals() async throws {
        try await BatchPortal.run { tester in
            #expect(try await Self.ask(tester, "unheard-of").problem?.code == "portal.workspace.unknown-product")
            #expect(try await Self.ask(tester, edge: "edge-9").problem?.code == "portal.object.unknown")
            for path in [Self.list, Self.one, Self.answer] {
                for someone in [tester.manager, tester.stranger] {
                    #expect(try await tester.get(path, by: someone).status == 403, "\(path)")
                }
            }
            #expect(try await tester.get(Self.one, by: tester.officer).status == 404)
            #expect(try await Self.put(tester, tester.production.certificates).status == 404)
            #expect(try await Self.ask(tester).status == 201)
            try await Self.bring(Self.prepared(tester), to: tester)
            for (change, changed) in try Self.wrong(tester.production.certificates) {
                let reply = try await Self.put(tester, changed)
                #expect(reply.problem?.code == "portal.certificates.mismatch", "\(change): \(reply.text)")
            }
            try await tester.database.write("leave") { transaction in
                _ = try transaction.execute("DELETE FROM workspace", [])
            }
            #expect(try await Self.ask(tester).problem?.code == "portal.preparation.workspace")
            try await tester.database.write("order") { transaction in
                // More of them before it than one page holds.
                let others = (1...1_000).map { number in
                    ("lost \(number)", RevocationTarget.version(Digest256.of([UInt8(number % 251)])))
                }
                for (reason, target) in others + [("stolen", .edgeHSM(Self.edge))] {
                    let order = OfficerOrder(
                        order: .revoke(target),
                        reason: reason,
                        issuedAt: World.now,
                        expiresAt: World.now + 86_400
                    )
                    _ = try GovernanceTable(transaction).insertOrder(try order.unsigned(), at: World.now)
                }
            }
            #expect(try await Self.ask(tester).problem?.code == "portal.edge.revoked")
            let late = try await Self.put(tester, tester.production.certificates)
            #expect(late.status == 409 && late.problem?.code == "portal.edge.revoked")
        }
    }

    /// Each part in turn is another one, or for something else.
    private static func wrong(_ good: ProductCertificates) throws -> [(String, ProductCertificates)] {
        func with(
            edge: EdgeHSMID? = nil,
            product: ProductName? = nil,
            paa: Octets? = nil,
            pai: Octets? = nil,
            root: Octets? = nil,
            intermediate: Octets? = nil
        ) -> ProductCertificates {
            ProductCertificates(
                edgeHSM: edge ?? good.edgeHSM,
                product: product ?? good.product,
                paa: paa ?? good.paa,
                pai: pai ?? good.pai,
                debugRoot: root ?? good.debugRoot,
                debugIntermediate: intermediate ?? good.debugIntermediate
            )
        }
        var broken = good.pai.bytes
        broken[broken.count - 1] ^= 1
        return [
            ("another EdgeHSM", with(edge: try EdgeHSMID("edge-2"))),
            ("another product", with(product: try ProductName("bulb"))),
            ("PAI as PAA", with(paa: good.pai)), ("PAA as PAI", with(pai: good.paa)),
            ("a PAI with a broken signature", with(pai: Octets(broken))), ("an empty PAI", with(pai: Octets([]))),
            ("intermediate as root", with(root: good.debugIntermediate)),
            ("root as intermediate", with(intermediate: good.debugRoot)),
        ]
    }
}
