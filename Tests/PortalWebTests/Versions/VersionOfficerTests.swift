import Crypto
import Governance
import KeyCustody
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// What officers' signatures can and can't do, over HTTP.
@Suite("Versions and officers", .serialized) struct VersionOfficerTests {
    @Test("who made or submitted a version does not sign it, under any of their registrations")
    func submitterNeverSigns() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            let envelope = try await tester.draft("1.0.0", tester.terms())
            let ada = tester.world.officers[0].name
            let signed = try await tester.world.approve(envelope, 0)
            try await tester.bind(tester.engineer, to: ada, email: "eve@odm")
            let own = try await tester.bring(signed, "1.0.0")
            #expect(own.status == 403 && own.problem?.code == "portal.approval.signer-submitted")
            // The officer is registered a second time, in the OEM, with the same address for mail.
            try await tester.bind(tester.engineer, to: nil, email: "Eve@Odm")
            try await tester.bind(tester.officer, to: ada, email: "eve@odm")
            #expect(try await tester.bring(signed, "1.0.0").problem?.code == "portal.approval.signer-submitted")
            try await tester.bind(tester.officer, to: ada, email: "ada@oem")
            #expect(try await tester.bring(signed, "1.0.0").status == 200)
        }
    }

    @Test("signatures that do not count are refused, each by its code")
    func badSignatures() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            func code(_ envelope: Envelope) async throws -> String? {
                try await tester.bring(envelope, "1.0.0").problem?.code
            }
            let nothing = Envelope(payloadType: VersionApproval.payloadType, payload: [0x7B, 0x7D], signatures: [])
            #expect(try await code(nothing) == "portal.approval.missing")
            let envelope = try await tester.draft("1.0.0", tester.terms())
            #expect(try await code(nothing) == "portal.approval.differs")
            let key = P256.Signing.PrivateKey()
            let value = try RawSignature(Array(key.signature(for: envelope.signedBytes).rawRepresentation))
            let point = try P256Point(Array(key.publicKey.x963Representation))
            #expect(
                try await code(envelope.adding(.init(keyID: point.keyID, value: value)))
                    == "portal.approval.signer-unknown"
            )
            let forged = Envelope.Signature(keyID: tester.world.officers[1].key.keyID, value: value)
            #expect(try await code(envelope.adding(forged)) == "portal.approval.signature-invalid")
            let first = try await tester.world.approve(envelope, 0)
            #expect(try await tester.bring(first, "1.0.0").status == 200)
            // Once signed, the approval can't be exchanged under the officers' eyes.
            let other = try await tester.step("PUT", "1.0.0", "approval", tester.officer, tester.terms(["edge-1": 99]))
            #expect(other.status == 409 && other.problem?.code == "portal.approval.signed")
            tester.portal.clock.advance(366 * 86_400)
            #expect(try await code(tester.world.approve(envelope, 1)) == "portal.approval.expiry")
        }
    }

    @Test("approvals keep within the product, what was granted, and the boxes' own releases")
    func drafts() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            func code(_ name: String, _ terms: ApprovalTerms) async throws -> String? {
                try await tester.step("PUT", name, "approval", tester.officer, terms).problem?.code
            }
            #expect(try await code("1.0.0", tester.terms(lifetime: 10_001)) == "portal.approval.looser")
            #expect(try await code("1.0.0", tester.terms(["edge-9": 1])) == "portal.approval.edgehsm")
            #expect(try await code("1.0.0", tester.terms(lifetime: 99)) == "statement.content.inconsistent")
            let edge = EdgeHSMID(validated: "edge-1")
            tester.ledger.set(granted: .init(total: 150, byEdgeHSM: [edge: 150]))
            #expect(try await code("1.0.0", tester.terms()) == "portal.approval.below-granted")
            tester.ledger.set()
            let envelope = try await tester.draft("1.0.0", tester.terms())
            _ = try await tester.bring(tester.world.approvedByTwo(envelope), "1.0.0")

            try await tester.makeKey("1.1.0")
            try await tester.submit("1.1.0", parts)
            let less = try tester.terms(["edge-1": 40])
            #expect(try await code("1.1.0", less) == "officer.approval.allotment-falls")
            let order = try await tester.world.approvedByTwo(
                OfficerOrder(
                    order: .releaseAllotment(edgeHSM: edge, product: VersionPortal.lamp, units: 40, sequence: 1),
                    reason: "moved",
                    issuedAt: tester.portal.clock.now,
                    expiresAt: tester.portal.clock.now + 86_400
                ).unsigned()
            )
            try await tester.database.write("order") { transaction in
                try transaction.execute(
                    "INSERT INTO officer_order (number, digest, envelope, loaded_at) VALUES (1, ?, ?, 0)",
                    [.fixed(order.statementID), .blob(try order.serialized())]
                )
            }
            #expect(try await code("1.1.0", less) == "officer.approval.allotment-falls", "ordered, not journaled")
            let release = AllotmentRelease(
                order: order.statementID,
                edgeHSM: edge,
                product: VersionPortal.lamp,
                keeps: 40,
                sequence: 1
            )
            try await tester.database.write("release") { try ReleaseTable($0).insert(release) }
            #expect(try await code("1.1.0", less) == nil)
        }
    }

    @Test("an officer whose signature is on a rejected approval signs the one that follows it")
    func signedThenRejected() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            let reason = VersionRejection(reason: try Remark("wrong part number"))
            try await tester.submit("1.0.0", parts)
            let unsigned = try await tester.draft("1.0.0", tester.terms(["edge-1": 400]))
            _ = try await tester.step("POST", "1.0.0", "reject", tester.officer, reason)
            let signer = tester.world.officers[2]
            let tardy = try await tester.world.access.withToken(signer.token) { token in
                let value = try await token.signingKey(.officer(signer.name)).sign(unsigned.signedBytes)
                return unsigned.adding(.init(keyID: signer.key.keyID, value: value))
            }
            try await tester.makeKey("1.1.0")
            try await tester.submit("1.1.0", parts)
            let given = try await tester.draft("1.1.0", tester.terms(["edge-1": 100]))
            let content = try VersionApproval.read(payload: given.payload)
            #expect(content.sequence == 1 && content.previous == nil, "what nobody signed is no link: \(unsigned)")
            // One officer signs; then the version is rejected.
            let first = try await tester.world.approve(given, 0)
            _ = try await tester.step("POST", "1.1.0", "reject", tester.officer, reason)
            // It comes after the rejection: it locks nothing and is kept. One for which it is too late is not.
            let kept = try await tester.bring(first, "1.1.0").message(ProductVersion.self)
            #expect(kept.state == .rejected && kept.approval?.signers == [tester.world.officers[0].name])
            #expect(try await tester.bring(tardy, "1.0.0").problem?.code == "portal.approval.pending")

            try await tester.makeKey("1.2.0")
            try await tester.submit("1.2.0", parts)
            let less = try await tester.step("PUT", "1.2.0", "approval", tester.officer, tester.terms(["edge-1": 50]))
            #expect(less.problem?.code == "officer.approval.allotment-falls", "its figures bind")
            let next = try await tester.draft("1.2.0", tester.terms(["edge-1": 120]))
            let following = try VersionApproval.read(payload: next.payload)
            #expect(following.sequence == 2 && following.previous == given.statementID)
            let chain = try await tester.send("GET", "/v1/products/lamp/approvals", tester.officer)
                .message(Page<ChainedApproval>.self).items
            #expect(chain.map(\.statement) == [given.statementID] && chain.map(\.isLocked) == [false])
            let signed = try await tester.world.approvedByTwo(next, earlier: chain.map(\.approval))
            #expect(try await tester.bring(signed, "1.2.0").message(ProductVersion.self).state == .locked)
            #expect(try await tester.send("GET", "/v1/products/lamp/approvals", tester.engineer).status == 403)
        }
    }

    @Test("a version goes forward only, and one approval of a product is signed at a time")
    func states() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            let new = try tester.description("1.0.0", firmware: parts.firmware, declaration: parts.declaration)
            _ = try await tester.send("POST", "/v1/products/lamp/versions", tester.engineer, new, key: "version-1")
            func code(
                _ method: String,
                _ step: String,
                _ message: (any Encodable & Sendable)? = nil
            ) async throws
                -> String?
            {
                let someone = step == "submit" ? tester.engineer : tester.officer
                return try await tester.step(method, "1.0.0", step, someone, message).problem?.code
            }
            let reason = VersionRejection(reason: try Remark("wrong part number"))
            let wrong = "portal.version.state"
            #expect(try await code("POST", "reject", reason) == wrong)
            #expect(try await code("PUT", "approval", tester.terms()) == wrong)
            let path = "\(tester.version("1.0.0"))/submit"
            #expect(try await tester.send("POST", path, tester.engineer).status == 428)
            #expect(try await tester.send("POST", path, tester.engineer, match: "\"9\"").status == 412)
            #expect(try await code("POST", "submit") == nil)
            #expect(try await code("POST", "submit") == wrong)

            // A second submitted version waits until the first one's signatures are through.
            try await tester.makeKey("1.1.0")
            try await tester.submit("1.1.0", parts)
            let envelope = try await tester.draft("1.0.0", tester.terms())
            let other = try await tester.draft("1.1.0", tester.terms())
            _ = try await tester.bring(tester.world.approve(envelope, 0), "1.0.0")
            let pending = try await tester.step("PUT", "1.1.0", "approval", tester.officer, tester.terms())
            #expect(pending.problem?.code == "portal.approval.pending")
            _ = try await tester.bring(tester.world.approve(envelope, 1), "1.0.0")
            // Drafted before the lock, it no longer continues the chain.
            let key = tester.world.officers[2]
            let stale = try await tester.world.access.withToken(key.token) { token in
                let signer = try await token.signingKey(.officer(key.name))
                return other.adding(.init(keyID: key.key.keyID, value: try await signer.sign(other.signedBytes)))
            }
            #expect(try await tester.bring(stale, "1.1.0").problem?.code == "officer.approval.fork")
            #expect(try await code("POST", "reject", reason) == wrong, "locked for ever")
            let rejected = try await tester.step("POST", "1.1.0", "reject", tester.officer, reason)
            let message = try rejected.message(ProductVersion.self)
            #expect(message.state == .rejected && message.rejected?.reason == reason.reason)
            let late = try await tester.step("POST", "1.1.0", "submit", tester.engineer)
            #expect(late.problem?.code == wrong)
        }
    }
}
