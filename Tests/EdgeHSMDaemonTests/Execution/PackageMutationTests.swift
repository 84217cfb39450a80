import EdgeHSMDaemon
import Foundation
import KeyCustody
import PKCS11Token
import Statements
import TestSupport
import Testing
import Vocabulary

/// A package changed outside its signature, below it with the signature made good, and inside its seal with the seal and
/// all signatures made good: refused, or opened as exactly what was signed.
@Suite("Mutated packages")
struct PackageMutationTests {
    /// An honest package, taken apart.
    private struct Parts {
        let world: OEMWorld
        let contents: PackageContents
        let recipient: P256Point

        init(_ world: OEMWorld) async throws {
            self.world = world
            var approval = try world.approval.unsigned()
            for officer in world.officers.prefix(2) { approval = try officer.signed(approval) }
            contents = PackageContents(
                authorization: try world.authorizer.signed(world.authorization(approval.statementID).unsigned()),
                approval: approval,
                manifest: Octets(world.manifestBytes),
                keys: world.wrappedKeys,
                certificationDeclaration: Octets(world.declaration)
            )
            recipient = try await world.edge.agreementKey(KeyName(.edgeSeal)).publicKey
        }

        /// Seals and signs anew; `outside` changes what is signed last.
        func file(
            _ plaintext: [UInt8],
            for authorization: Digest256,
            roleKeysVersion: Int = 1,
            outside change: ([UInt8]) -> [UInt8] = { $0 }
        ) throws -> [UInt8] {
            let message = try HPKESealer.seal(
                plaintext,
                to: recipient,
                info: ProductionPackage.sealInfo,
                aad: ProductionPackage.sealContext(edgeHSM: OEMWorld.edgeID, authorization: authorization)
            )
            let outside = try ProductionPackage(
                edgeHSM: OEMWorld.edgeID,
                authorization: authorization,
                sealed: Digest256.of(message.ciphertext),
                encapsulated: message.encapsulated,
                roleKeysVersion: roleKeysVersion,
                issuedAt: OEMWorld.now + -40
            ).unsigned()
            let payload = change(outside.payload)
            let signed = try world.authorizer.signed(
                Envelope(payloadType: outside.payloadType, payload: payload, signatures: [])
            )
            return try StatementCoding.encode(PackageFile(package: signed, sealed: Octets(message.ciphertext)))
        }

        func open(_ file: [UInt8]) async throws -> OpenedPackage {
            try await world.execution.openPackage(file, certificates: world.certificates, in: world.context)
        }

        /// The same octets of the same statements, whatever unsigned white space or order stood around them.
        func isHonest(_ opened: OpenedPackage) -> Bool {
            opened.authorization.id == contents.authorization.statementID
                && opened.approval.id == contents.approval.statementID
                && opened.manifestBytes == world.manifestBytes && opened.certificationDeclaration == world.declaration
                && opened.keys.map(\.slot) == world.wrappedKeys.map(\.slot)
        }
    }

    @Test("outside: octets and members of the file, and of what the authorizer signed, signed again")
    func outside() async throws {
        let seed = Seed.take("EdgeHSMDaemonTests.PackageMutationTests outside")
        var random = SeededGenerator(seed: seed)
        let parts = try await Parts(OEMWorld.make())
        let (id, plaintext) = (parts.contents.authorization.statementID, try StatementCoding.encode(parts.contents))
        let good = try parts.file(plaintext, for: id)
        #expect(parts.isHonest(try await parts.open(good)))
        var refused = 0
        for round in 0..<252 {
            var file = good
            switch round % 3 {
            case 0: file[Int.random(in: file.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: file = JSONMutation.mutate(good, using: &random)
            default: file = try parts.file(plaintext, for: id) { JSONMutation.mutate($0, using: &random) }
            }
            do {
                let opened = try await parts.open(file)
                #expect(parts.isHonest(opened), "seed \(seed) round \(round)")
            } catch {
                #expect(error is Refusal, "seed \(seed) round \(round): \(error)")
                refused += 1
            }
        }
        #expect(refused > 150, "seed \(seed): only \(refused) refused")
    }

    @Test("inside: contents sealed again, authorizations and approvals signed again")
    func inside() async throws {
        let seed = Seed.take("EdgeHSMDaemonTests.PackageMutationTests inside")
        var random = SeededGenerator(seed: seed)
        let parts = try await Parts(OEMWorld.make())
        let world = parts.world
        let plaintext = try StatementCoding.encode(parts.contents)
        var codes: Set<String> = []
        for round in 0..<252 {
            var contents = parts.contents
            var sealed = plaintext
            switch round % 3 {
            case 0: sealed = JSONMutation.mutate(plaintext, using: &random)
            case 1:
                let payload = JSONMutation.mutate(contents.authorization.payload, using: &random)
                contents = self.contents(
                    parts,
                    authorization: try resigned(contents.authorization, payload, [world.authorizer])
                )
                sealed = try StatementCoding.encode(contents)
            default:
                let payload = JSONMutation.mutate(contents.approval.payload, using: &random)
                let officers = Array(world.officers.prefix(2))
                contents = self.contents(parts, approval: try resigned(contents.approval, payload, officers))
                sealed = try StatementCoding.encode(contents)
            }
            do {
                let file = try parts.file(sealed, for: contents.authorization.statementID)
                let opened = try await parts.open(file)
                let content = opened.authorization.content
                // What the authorizer may say freely is judged by its scope later; what binds the parts never differs.
                #expect(content.edgeHSM == OEMWorld.edgeID && content.product == OEMWorld.product)
                #expect(content.approval == parts.contents.approval.statementID)
                #expect(content.manifest == Digest256.of(world.manifestBytes))
                #expect(opened.authorization.id == contents.authorization.statementID)
                #expect(round % 3 == 1 || parts.isHonest(opened), "seed \(seed) round \(round)")
            } catch {
                #expect(error is Refusal, "seed \(seed) round \(round): \(error)")
                codes.insert((error as? Refusal)?.code ?? "")
            }
        }
        #expect(codes.contains(ExecutionError.packageMismatch.rawValue), "seed \(seed): \(codes.sorted())")
        #expect(codes.contains(StatementError.missingField.rawValue), "seed \(seed): \(codes.sorted())")
    }

    private func resigned(_ old: Envelope, _ payload: [UInt8], _ keys: [SoftwareKey]) throws -> Envelope {
        let bare = Envelope(payloadType: old.payloadType, payload: payload, signatures: [])
        return try keys.reduce(bare) { try $1.signed($0) }
    }

    private func contents(
        _ parts: Parts,
        authorization: Envelope? = nil,
        approval: Envelope? = nil
    ) -> PackageContents {
        PackageContents(
            authorization: authorization ?? parts.contents.authorization,
            approval: approval ?? parts.contents.approval,
            manifest: parts.contents.manifest,
            keys: parts.contents.keys,
            certificationDeclaration: parts.contents.certificationDeclaration
        )
    }

    @Test("a package made under newer RoleKeys waits for them")
    func roleKeysTooOld() async throws {
        let parts = try await Parts(OEMWorld.make())
        let file = try parts.file(
            StatementCoding.encode(parts.contents),
            for: parts.contents.authorization.statementID,
            roleKeysVersion: 2
        )
        let refusal = await #expect(throws: Refusal.self) { try await parts.open(file) }
        #expect(refusal?.has(ExecutionError.packageRoleKeysOld) == true)
    }

    @Test("a product key whose check value is not the manifest's is refused and not kept")
    func wrongKey() async throws {
        let parts = try await Parts(OEMWorld.make())
        let world = parts.world
        let good = try #require(world.manifest.keys.first).checkValue
        let other = String(repeating: good.hasPrefix("0") ? "1" : "0", count: good.count)
        let text = String(decoding: world.manifestBytes, as: UTF8.self).replacingOccurrences(of: good, with: other)
        let bytes = Array(text.utf8)
        let opened = try await parts.open(
            parts.file(StatementCoding.encode(parts.contents), for: parts.contents.authorization.statementID)
        )
        let wrong = OpenedPackage(
            package: opened.package,
            authorization: opened.authorization,
            approval: opened.approval,
            manifest: try Manifest(parsing: bytes),
            manifestBytes: bytes,
            certificationDeclaration: opened.certificationDeclaration,
            keys: opened.keys
        )
        for _ in 0..<2 {
            let refusal = await #expect(throws: Refusal.self) { try await world.execution.installKeys(of: wrong) }
            #expect(refusal?.has(ExecutionError.packageWrongKey) == true)
        }
        try await world.execution.installKeys(of: opened)
    }
}
