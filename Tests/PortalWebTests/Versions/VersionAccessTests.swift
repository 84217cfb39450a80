import Foundation
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// Files, and who sees what.
@Suite("Versions, files and strangers", .serialized) struct VersionAccessTests {
    @Test("another ODM gets the same answer for our objects as for none")
    func strangersSeeNothing() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            func replies(_ product: String, _ version: String, _ file: String) async throws -> [String] {
                let place = "/v1/products/\(product)/versions"
                let new = try tester.description("3.0.0", firmware: parts.firmware, declaration: parts.declaration)
                var all: [String] = []
                for path in [
                    "/v1/products/\(product)", "/v1/products/\(product)/keys?version=1.0.0", place,
                    "\(place)/\(version)", "\(place)/\(version)/manifest", "\(place)/\(version)/review",
                    "/v1/firmware/\(file)",
                ] { all.append(try await tester.send("GET", path, tester.stranger).comparable) }
                all.append(
                    try await tester.send("POST", place, tester.stranger, new, key: UUID().uuidString).comparable
                )
                let submit = "\(place)/\(version)/submit"
                all.append(try await tester.send("POST", submit, tester.stranger, match: "\"2\"").comparable)
                return all
            }
            let ours = try await replies("lamp", "1.0.0", Digest256.of(parts.firmware).hex)
            let none = try await replies("nothing", "9.9.9", Digest256.zero.hex)
            #expect(ours == none)
            #expect(ours.allSatisfy { $0.hasPrefix("404 portal.object.unknown") })
            #expect(
                try await tester.send("GET", "/v1/products", tester.stranger).message(Page<Product>.self).items == []
            )
            let mine = try await tester.send("GET", "/v1/products", tester.engineer).message(Page<Product>.self)
            #expect(mine.items.map(\.product) == [VersionPortal.lamp])
            // With a workspace, the stranger sees the product, but neither our files nor our drafts' fate.
            try await tester.open(workspaceOf: TestIdentities.odms[1])
            let submit = "\(tester.version("1.0.0"))/submit"
            #expect(try await tester.send("POST", submit, tester.stranger, match: "\"2\"").status == 404)
            let taken = try tester.description("3.0.0", firmware: parts.firmware, declaration: parts.declaration)
            let theirs = try await tester.send(
                "POST",
                "/v1/products/lamp/versions",
                tester.stranger,
                taken,
                key: "stranger-1"
            )
            #expect(theirs.problem?.code == "portal.file.unknown", "the digest alone gives nobody our firmware")
        }
    }

    @Test("what another ODM of the workspace has not got locked is as if it were not there; then it has no author")
    func draftsAreTheirODMs() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.open(workspaceOf: TestIdentities.odms[1])
            let new = try tester.description("1.0.0", firmware: parts.firmware, declaration: parts.declaration)
            let made = try await tester.send(
                "POST",
                "/v1/products/lamp/versions",
                tester.engineer,
                new,
                key: "version-1"
            )
            #expect(made.status == 201, "\(made.text)")
            let place = "/v1/products/lamp/versions"
            func look(_ name: String, _ someone: TestIdentities.Someone) async throws -> [String] {
                var all: [String] = []
                for path in ["", "/manifest", "/review"] {
                    all.append(try await tester.send("GET", "\(place)/\(name)\(path)", someone).comparable)
                }
                let keys = try await tester.send("GET", "/v1/products/lamp/keys?version=\(name)", someone)
                return all + [keys.text.replacing(name, with: "NAME")]
            }
            func list(_ someone: TestIdentities.Someone) async throws -> [ProductVersion] {
                try await tester.send("GET", place, someone).message(Page<ProductVersion>.self).items
            }
            let none = try await look("9.9.9", tester.stranger)
            for state in [VersionState.draft, .submitted] {
                #expect(try await list(tester.engineer).map(\.state) == [state])
                #expect(try await list(tester.stranger).isEmpty, "\(state)")
                #expect(try await look("1.0.0", tester.stranger) == none, "\(state)")
                #expect(try await look("1.0.0", tester.engineer) != none, "\(state)")
                if state == .draft {
                    #expect(try await tester.step("POST", "1.0.0", "submit", tester.engineer).status == 200)
                }
            }
            try await tester.lock(tester.draft("1.0.0", tester.terms()), "1.0.0")
            let own = try #require(try await list(tester.engineer).first)
            let theirs = try #require(try await list(tester.stranger).first)
            #expect(own.created.person == tester.engineer.person.id && own.submitted?.person != nil)
            #expect(theirs.state == .locked && theirs.created.person == nil && theirs.submitted?.person == nil)
            #expect(theirs.created.at == own.created.at)
            let one = try await tester.send("GET", "\(place)/1.0.0", tester.stranger)
            #expect(one.status == 200 && !one.text.contains(tester.engineer.person.id.text))
            #expect(try await look("1.0.0", tester.stranger) != none, "batches can be made of it")
            // The OEM sees whose it is.
            #expect(try await list(tester.officer).first?.created.person == tester.engineer.person.id)

            try await tester.makeKey("2.0.0")
            try await tester.submit("2.0.0", parts, productName: "Lamp two")
            let reason = VersionRejection(reason: try Remark("not this one"))
            #expect(try await tester.step("POST", "2.0.0", "reject", tester.officer, reason).status == 200)
            #expect(try await list(tester.stranger).map(\.version.text) == ["1.0.0"])
            #expect(try await look("2.0.0", tester.stranger) == none)
        }
    }

    @Test("an ODM reads no allotment of another, and no name of another's factory")
    func approvalsAreTheOEMs() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            let draft = try await tester.draft("1.0.0", tester.terms(["edge-1": 100, "edge-2": 77]))
            let path = "\(tester.version("1.0.0"))/review"
            let whole = try await tester.send("GET", path, tester.officer).message(VersionReview.self)
            #expect(whole.approval != nil && !whole.approvalChanges.isEmpty)
            try await tester.open(workspaceOf: TestIdentities.odms[1])
            try await tester.lock(draft, "1.0.0")
            for someone in [tester.engineer, tester.stranger] {
                let reply = try await tester.send("GET", path, someone)
                let part = try reply.message(VersionReview.self)
                #expect(part.approval == nil && part.approvalChanges.isEmpty && part.manifest == whole.manifest)
                #expect(!reply.text.contains("edge-2"))
            }
            let rules = ProductRules(chipIdentity: .applet, factories: [try FactoryID("shenzhen")])
            let tag = try await tester.send("GET", "/v1/products/lamp", tester.admin).header("ETag")
            let change = ProductChange(rules: rules)
            let changed = try await tester.send("PATCH", "/v1/products/lamp", tester.admin, change, match: tag)
            #expect(try changed.message(Product.self).rules == rules)
            for (someone, seen) in [(tester.engineer, ["shenzhen"]), (tester.stranger, [])] {
                let product = try await tester.send("GET", "/v1/products/lamp", someone).message(Product.self)
                #expect(product.rules.factories?.map(\.text) == seen)
                let list = try await tester.send("GET", "/v1/products", someone).message(Page<Product>.self)
                #expect(list.items.first?.rules == product.rules)
            }
        }
    }

    @Test("files that no version is made from are bounded, and forgotten after a month")
    func unusedFiles() async throws {
        try await VersionPortal.run { tester in
            // The sweep goes by the services' clock, which is the machine's.
            tester.portal.clock.advance(ClockSource.system.realtime() - tester.portal.clock.now)
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            let shelf = try FileShelf(folder: tester.world.folder + "/files")
            let person = tester.engineer.person
            func keep(_ count: Int, size: Int, at time: Instant) async throws {
                try await tester.database.write("files") { transaction in
                    for _ in 0..<count {
                        let digest = Digest256.of((0..<16).map { _ in UInt8.random(in: 0...255) })
                        try FileTable(transaction).insert(
                            .firmware,
                            digest,
                            size: size,
                            by: person.id,
                            of: person.organisation,
                            at: time
                        )
                    }
                }
            }
            func upload(_ text: String) async throws -> TestPortal.Reply {
                try await tester.upload("firmware", Array(text.utf8))
            }
            try await keep(1, size: 2 * 1_024 * 1_024 * 1_024 - 3, at: .epoch)
            #expect(try await upload("four").problem?.code == "portal.file.quota")
            #expect(try await upload("one").status == 200)
            #expect(try await upload("one").status == 200, "what is there costs nothing more")
            #expect(try await tester.upload("firmware", parts.firmware).status == 200, "a version is made from it")
            try await keep(254, size: 0, at: .epoch)
            #expect(try await upload("x").problem?.code == "portal.file.quota")

            let sweep = FileSweep(tester.desk.portal, shelf: shelf, logger: tester.portal.log.logger)
            try await sweep.sweep()
            let left = try await tester.database.read { try FileTable($0).unused(by: person.organisation) }
            #expect(left.files == 1 && left.octets == 3, "the file of today stays")
            #expect(shelf.contains(Digest256.of(parts.firmware)) && shelf.contains(Digest256.of(Array("one".utf8))))
            // Nobody's file: it stays a day, then goes; a version's stays for ever.
            let stray = Digest256.of(Array("four".utf8))
            for digest in [stray, Digest256.of(parts.firmware)] {
                let path = "\(shelf.folder)/\(digest.hex)"
                if digest == stray { try Data("four".utf8).write(to: URL(fileURLWithPath: path)) }
                try await sweep.sweep()
                #expect(shelf.contains(digest))
                let old = Date(timeIntervalSince1970: 1_000_000_000)
                try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
                try await sweep.sweep()
                #expect(shelf.contains(digest) == (digest != stray))
            }
        }
    }

    @Test("each operation admits its roles and no other")
    func roles() async throws {
        try await VersionPortal.run { tester in
            let parts = try await tester.prepare()
            try await tester.submit("1.0.0", parts)
            let manager = tester.portal.identities.add([.odmProductionManager], in: TestIdentities.odms[0])
            let viewer = tester.portal.identities.add([.oemViewer], in: TestIdentities.oem)
            let all = [tester.admin, tester.officer, tester.engineer, manager, viewer]
            func admitted(_ method: String, _ path: String) async throws -> [Role] {
                var roles: [Role] = []
                for someone in all {
                    let reply = try await tester.send(method, path, someone)
                    if reply.problem?.code != "portal.access.role" { roles += someone.person.roles }
                }
                return roles
            }
            let place = tester.version("1.0.0")
            #expect(try await admitted("POST", "/v1/products") == [.oemAdmin])
            #expect(try await admitted("PATCH", "/v1/products/lamp") == [.oemAdmin])
            #expect(try await admitted("PUT", "/v1/products/lamp/keys/1.0.0/ota") == [.oemAdmin])
            #expect(try await admitted("POST", "/v1/products/lamp/versions") == [.odmEngineer])
            #expect(try await admitted("POST", "\(place)/submit") == [.odmEngineer])
            for (method, step) in [("POST", "reject"), ("PUT", "approval"), ("POST", "approval/signatures")] {
                #expect(try await admitted(method, "\(place)/\(step)") == [.oemSecurityOfficer], "\(step)")
            }
            #expect(try await admitted("GET", "\(place)/approval") == [.oemAdmin, .oemSecurityOfficer, .oemViewer])
            #expect(try await admitted("GET", "\(place)/review").count == 5)
            #expect(try await admitted("PUT", "/v1/firmware/\(Digest256.zero.hex)") == [.odmEngineer])
        }
    }

    @Test("a file is what its address says, whole, and read back in ranges")
    func files() async throws {
        try await VersionPortal.run { tester in
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let wrong = try await tester.upload("firmware", bytes, as: .zero)
            #expect(wrong.status == 422 && wrong.problem?.code == "portal.file.digest-differs")
            let folder = tester.world.folder + "/files"
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty, "nothing was kept")
            let taken = try await tester.upload("firmware", bytes)
            #expect(try taken.message(StoredFile.self) == StoredFile(digest: Digest256.of(bytes), size: bytes.count))
            #expect(try await tester.upload("firmware", bytes).status == 200, "the same again")
            let path = "/v1/firmware/\(Digest256.of(bytes).hex)"
            let whole = try await tester.send("GET", path, tester.engineer)
            #expect(whole.body == bytes && whole.header("ETag") == "\"\(Digest256.of(bytes).hex)\"")
            let part = try await tester.portal.ask(
                "GET",
                path,
                token: tester.admin.token.text,
                headers: ["Range": "bytes=1000000-2000000"]
            )
            #expect(part.status == 206 && part.body == Array(bytes[1_000_000...2_000_000]))
            let head = try await tester.send("HEAD", path, tester.engineer)
            #expect(head.status == 200 && head.header("Content-Length") == "3000000" && head.body.isEmpty)
            let large = try await tester.upload("declarations", [UInt8](repeating: 1, count: 4_097))
            #expect(large.status == 413 && large.problem?.code == "portal.body.too-large")
            #expect(
                try await tester.send("GET", "/v1/declarations/\(Digest256.of(bytes).hex)", tester.admin).status == 404
            )
        }
    }

    @Test("uploads that come at once stay within the quota together, whatever they say of their size")
    func uploadsAtOnce() async throws {
        let bound = UploadBound()
        let (one, other) = (OrganisationID(validated: "o-1"), OrganisationID(validated: "o-2"))
        let half = FileQuota.mostOctets / 2
        func code(_ octets: Int, of owner: OrganisationID, kept: (Int, Int) = (0, 0)) async -> String? {
            do {
                try await bound.during(octets, of: owner) {
                    kept
                } _: {
                }
                return nil
            } catch { return (error as? Refusal)?.code }
        }
        try await bound.during(half, of: one) {
            (0, 0)
        } _: {
            #expect(await code(half, of: one) == nil)
            #expect(await code(half + 1, of: one) == "portal.file.quota")
            #expect(await code(half, of: one, kept: (0, 1)) == "portal.file.quota")
            #expect(await code(half + 1, of: other) == nil, "each organisation for itself")
        }
        #expect(await code(FileQuota.mostOctets, of: one) == nil, "what ended is not counted any more")
        await #expect(throws: CancellationError.self) {
            try await bound.during(half, of: one) {
                (0, 0)
            } _: {
                throw CancellationError()
            }
        }
        #expect(await code(FileQuota.mostOctets, of: one) == nil, "nor what failed")

        let place = WorkBound(most: 1)
        let first = try place.enter()
        #expect(throws: Refusal.self) { try place.enter() }
        first.leave()
        let second = try place.enter()
        second.leave()
    }

    @Test("what an interrupted upload left is removed, and what the disk changed is never used")
    func shelf() async throws {
        let folder = NSTemporaryDirectory() + "obis-shelf-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try FileShelf(folder: folder)
        let digest = Digest256.of([1, 2, 3])
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(digest.hex).7.part"))
        try Data([1, 2, 4]).write(to: URL(fileURLWithPath: "\(folder)/\(digest.hex)"))
        let shelf = try FileShelf(folder: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [digest.hex])
        func code(_ digest: Digest256, limit: Int = 10) async -> String? {
            do {
                _ = try await shelf.read(digest, limit: limit)
                return nil
            } catch { return (error as? Refusal)?.code }
        }
        #expect(await code(digest) == "portal.file.storage")
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(folder)/\(digest.hex)"))
        #expect(await code(digest) == nil)
        #expect(await code(digest, limit: 2) == "portal.file.storage")
        #expect(await code(.zero) == "portal.file.storage")
    }
}
