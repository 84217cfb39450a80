import Governance
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// A version's way over real HTTP, with officers who sign in tokens of their own.
@Suite("Versions, from product to lock", .serialized) struct VersionStoryTests {
    @Test("two of three officers lock a version, and the next one is compared with it")
    func happyPath() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            let review = try await tester.send("GET", "\(tester.version("1.0.0"))/review", tester.officer)
                .message(VersionReview.self)
            #expect(review.against == nil && review.changes.count == review.manifest.count)
            #expect(review.evidence.contains { $0.words.contains("in its signed part") && $0.verdict == .passed })
            #expect(review.evidence.contains { $0.words.contains("TEST key") && $0.verdict == .caution })

            let envelope = try await tester.draft("1.0.0", tester.terms())
            let one = try await tester.bring(tester.world.approve(envelope, 0), "1.0.0")
            let progress = try one.message(ProductVersion.self)
            #expect(progress.state == .submitted && progress.approval?.signers.map(\.text) == ["ada"])
            #expect(progress.approval?.threshold == 2)
            // The same again changes nothing; the third officer's own copy is joined with the first's.
            let again = try await tester.bring(tester.world.approve(envelope, 2), "1.0.0")
            let locked = try again.message(ProductVersion.self)
            #expect(locked.state == .locked && locked.approval?.signers.map(\.text) == ["ada", "cem"])
            let kept = try await tester.send("GET", "\(tester.version("1.0.0"))/approval", tester.officer)
            let approval = try Envelope(parsing: kept.body)
            let verified = try Verified<VersionApproval>(
                approval,
                signedByOfficersOf: tester.world.roleKeys().content
            )
            let manifest = try await tester.send("GET", "\(tester.version("1.0.0"))/manifest", tester.engineer)
            #expect(verified.content.manifest == Digest256.of(manifest.body))
            let product = try await tester.send("GET", "/v1/products/lamp", tester.engineer).message(Product.self)
            #expect(product.lockedVersion?.text == "1.0.0")

            try await tester.makeKey("1.1.0")
            try await tester.submit("1.1.0", parts, productName: "Lump")
            _ = try await tester.draft("1.1.0", tester.terms(["edge-1": 100, "edge-2": 40]))
            let second = try await tester.send("GET", "\(tester.version("1.1.0"))/review", tester.officer)
                .message(VersionReview.self)
            #expect(second.against?.text == "1.0.0")
            #expect(second.changes.map(\.field) == ["version", "product name", "key slot ota"])
            #expect(second.changes.contains(ReviewChange(field: "product name", before: "“Lamp”", after: "“Lump”")))
            #expect(second.approvalChanges.contains { $0.field == "allotment" && $0.before == nil })
            let content = try VersionApproval.read(
                payload: Envelope(
                    parsing: try await tester.send("GET", "\(tester.version("1.1.0"))/approval", tester.officer).body
                ).payload
            )
            #expect(content.sequence == 2 && content.previous == envelope.statementID)
            // All that the officer's command takes comes in one file.
            let files = try await tester.send("GET", "\(tester.version("1.1.0"))/approval/files", tester.officer)
            let names = stride(from: 0, to: files.body.count, by: TapeArchive.block).compactMap { start -> String? in
                let block = files.body[start..<start + TapeArchive.block]
                guard block.dropFirst(257).starts(with: Array("ustar".utf8)) else { return nil }
                return String(decoding: block.prefix { $0 != 0 }, as: UTF8.self)
            }
            #expect(names == ["approval.json", "role-keys.json", "previous/approval-1.json"])
            #expect(files.header("Content-Type") == "application/x-tar")
            let foreign = try await tester.send("GET", "\(tester.version("1.1.0"))/approval/files", tester.engineer)
            #expect(foreign.status == 403)
            let acts = try await tester.database.read { try PortalLogTable($0).entries(from: 0, limit: 100).count }
            #expect(acts == 13, "each change has left one entry")
        }
    }

    @Test("what does not fit a version is refused by its code")
    func refusals() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            func code(_ new: NewVersion) async throws -> String {
                let reply = try await tester.send(
                    "POST",
                    "/v1/products/lamp/versions",
                    tester.engineer,
                    new,
                    key: "try-\(UInt64.random(in: 0...UInt64.max))"
                )
                return "\(reply.status) \(reply.problem?.code ?? reply.text)"
            }
            func described(
                _ name: String = "1.0.0",
                firmware: [UInt8]? = nil,
                declaration: [UInt8]? = nil,
                software: UInt32 = 100,
                text: String = "Lamp",
                permissions: String = "01000000000000000000000000000000"
            ) throws -> NewVersion {
                try tester.description(
                    name,
                    firmware: firmware ?? parts.firmware,
                    declaration: declaration ?? parts.declaration,
                    softwareVersion: software,
                    productName: text,
                    permissions: permissions
                )
            }
            #expect(try await code(described(software: 101)) == "422 manifest.firmware.differs")
            #expect(try await code(described(text: String(repeating: "x", count: 33))) == "422 manifest.text.too-long")
            let most = "0f000000000000000000000000000000"
            #expect(try await code(described(permissions: most)) == "422 portal.version.permissions")
            #expect(try await code(described("2.0.0")) == "422 key.name.unknown")
            #expect(try await code(described(firmware: [1, 2, 3])) == "422 portal.file.unknown")
            // Signed with another key, for another product, and not an image at all.
            let other = try await ProductionWorld.firmware(tester.world, productID: 0x8001).image
            _ = try await tester.upload("firmware", other)
            #expect(try await code(described(firmware: other)) == "422 manifest.firmware.differs")
            var broken = parts.firmware
            broken[1_000] ^= 1
            _ = try await tester.upload("firmware", broken)
            #expect(try await code(described(firmware: broken)).hasPrefix("422 firmware."))
            let elsewhere = try await ProductionWorld.declaration(productIDs: [0x8001])
            _ = try await tester.upload("declarations", elsewhere)
            #expect(try await code(described(declaration: elsewhere)) == "422 manifest.declaration.differs")
            _ = try await tester.upload("declarations", [0x30, 0x01, 0x00])
            #expect(try await code(described(declaration: [0x30, 0x01, 0x00])).hasPrefix("422 matter."))
            #expect(try await code(described()).hasPrefix("201 "))
            #expect(try await code(described()) == "409 portal.version.exists")
        }
    }

    @Test("products are created once, changed under their ETag, and never contradict themselves")
    func products() async throws {
        try await VersionPortal.run { tester in
            func create(_ new: NewProduct, key: String) async throws -> TestPortal.Reply {
                try await tester.send("POST", "/v1/products", tester.admin, new, key: key)
            }
            let family = try await create(tester.product(family: "nrf99"), key: "key-family")
            #expect(family.status == 422 && family.problem?.code == "manifest.family.unknown")
            #expect(family.problem?.detail?.contains("nrf99") == true)
            let scope = try await create(tester.product(vendor: 0xFFF2), key: "key-vendor")
            #expect(scope.problem?.code == "manifest.paa.scope")
            let root = try await create(
                tester.product(permissions: "ff000000000000000000000000000000"),
                key: "key-debug"
            )
            #expect(root.problem?.code == "manifest.debug-root.differs")

            let made = try await create(tester.product(), key: "key-lamp")
            #expect(made.status == 201 && made.header("Location") == "/v1/products/lamp")
            #expect(try await create(tester.product(), key: "key-lamp").text == made.text)
            let reused = try await create(tester.product(lifetime: 5), key: "key-lamp")
            #expect(reused.status == 409 && reused.problem?.code == "portal.idempotency.reused")
            let twice = try await create(tester.product(), key: "key-lamp-2")
            #expect(twice.status == 409 && twice.problem?.code == "portal.product.exists")

            let change = ProductChange(lifetimeTotal: try UnitTotal(500))
            let path = "/v1/products/lamp"
            #expect(try await tester.send("PATCH", path, tester.admin, change).status == 428)
            #expect(try await tester.send("PATCH", path, tester.admin, change, match: "\"7\"").status == 412)
            tester.ledger.set(granted: .init(total: 501, byEdgeHSM: [:]))
            let low = try await tester.send("PATCH", path, tester.admin, change, match: made.header("ETag"))
            #expect(low.status == 422 && low.problem?.code == "portal.product.figures")
            tester.ledger.set()
            let changed = try await tester.send("PATCH", path, tester.admin, change, match: made.header("ETag"))
            #expect(try changed.message(Product.self).lifetimeTotal.value == 500)
            #expect(changed.header("ETag") == "\"2\"")
            let slot = try await tester.send("PUT", "/v1/products/lamp/keys/1.0.0/none", tester.admin)
            #expect(slot.status == 422 && slot.problem?.code == "portal.product.slot-unknown")
        }
    }

    @Test("keys are made once, in the token, and only their check value is told")
    func keys() async throws {
        try await VersionPortal.run { tester in
            _ = try await tester.send("POST", "/v1/products", tester.admin, tester.product(), key: "key-lamp")
            let path = "/v1/products/lamp/keys?version=1.0.0"
            let before = try await tester.send("GET", path, tester.admin).message([ProductKeyState].self)
            #expect(before.map(\.custody) == [.none] && before.first?.checkValue == nil)
            let made = try await tester.send("PUT", "/v1/products/lamp/keys/1.0.0/ota", tester.admin)
                .message(ProductKeyState.self)
            #expect(made.custody == .portalToken && made.checkValue != nil)
            let again = try await tester.send("PUT", "/v1/products/lamp/keys/1.0.0/ota", tester.admin)
                .message(ProductKeyState.self)
            #expect(again == made)
            #expect(try await tester.send("GET", path, tester.admin).message([ProductKeyState].self) == [made])
        }
    }
}
