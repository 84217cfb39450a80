import Foundation
import OEMWorld
import PortalProtocol
import PortalStore
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
            #expect(try await tester.send("GET", tester.version("1.0.0"), tester.stranger).status == 200)
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
