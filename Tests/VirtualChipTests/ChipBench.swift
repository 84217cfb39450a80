import ChipPort
import Foundation
import Matter
import Programmers
import Silicon
import Statements
import Testing
import VirtualChip
import Vocabulary

/// A chip in a folder of its own, and a socket to it.
final class ChipBench: Sendable {
    let folder: String
    let uid: ChipUID
    let vendorCertificate: [UInt8]?
    let vendorRoot: VendorRoot
    let programmer: SocketProgrammer
    let address: ChipAddress

    init(_ family: ChipFamily) async throws {
        folder = "/tmp/obis-chip-" + UUID().uuidString.prefix(13)
        uid = ChipUID(validated: (0..<16).map { _ in UInt8.random(in: 1...255) })
        let vendor = TokenStandIn()
        let notBefore = try Instant("2026-01-01T00:00:00Z")
        vendorRoot = try await VendorRoot.selfSigned(
            publicKey: vendor.point,
            notBefore: notBefore,
            sign: vendor.sign
        )
        vendorCertificate = try await VirtualChipFactory.manufacture(
            folder: folder,
            family: family,
            uid: uid,
            vendor: vendorRoot,
            notBefore: notBefore
        )
        address = try ChipAddress(folder + "/socket")
        programmer = SocketProgrammer(address, timeout: .seconds(20))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Powers the chip while `body` runs.
    func powered<Result: Sendable>(_ body: @Sendable (SocketProgrammer) async throws -> Result) async throws -> Result {
        let configuration = VirtualChipProcess.Configuration(folder: folder, address: address)
        let (ready, signal) = AsyncStream<Void>.makeStream()
        let process = Task { try await VirtualChipProcess.run(configuration) { signal.yield() } }
        for await _ in ready.prefix(1) {}
        let result: Result
        do {
            result = try await body(programmer)
        } catch {
            await programmer.close()
            process.cancel()
            _ = await process.result
            throw error
        }
        await programmer.close()
        process.cancel()
        _ = await process.result
        return result
    }

    func secret(_ name: String) throws -> Secret? {
        try VirtualChipInspector.secrets(folder: folder).first { $0.name == name }?.secret
    }
}

/// A station's order of work, in which every step may be done again.
struct StationStandIn: Sendable {
    let product: ProductFixture
    let bench: ChipBench
    let chip: SocketProgrammer

    func provision() async throws {
        let before = try await chip.status()
        _ = try await chip.generateKeys(nonce: .fresh())
        if bench.vendorCertificate != nil { _ = try await chip.vendorAttest() }
        let nonce = Nonce.fresh()
        _ = try await chip.attest(nonce: nonce)
        let status = try await chip.status()
        let (key, agreement) = try (#require(status.signingKey), #require(status.agreementKey))
        if let earlier = before.signingKey { #expect(key == earlier, "a resumed chip keeps its key") }
        let delivery = try product.seal(to: agreement, uid: bench.uid, nonce: nonce)
        let receipt = try await chip.installSealedKey(delivery)
        try receipt.verify(signingKey: key, uid: bench.uid, nonce: nonce)
        let credentials = try product.credentials(for: key)
        let factoryData = try product.factoryData(credentials)
        try await chip.writeFactoryData(factoryData)
        try await chip.writeCredentials(credentials)
        try await chip.writeFirmware(product.firmware, digest: product.firmwareDigest)
        try await chip.setSecurityFeatures(product.features)
        #expect(try await chip.readBack(.factoryData) == factoryData)
        try await chip.reset()
    }

    func attest() async throws -> AttestationAnswer {
        let challenge = AttestationChallenge(validated: [UInt8](repeating: 9, count: 16))
        return try await chip.attestationSignature(nonce: .fresh(), challenge: challenge, timestamp: 70_000)
    }

    /// Gives the finished device another credential through its application; returns that.
    func rotate(
        _ change: (RotatedCertificates) throws -> RotatedCertificates = { $0 }
    ) async throws -> RotatedCertificates {
        let certificates = try await change(prepare())
        let question = AttestationChallenge(validated: [UInt8](repeating: 3, count: 16))
        let answer = try await chip.stageRotation(certificates, nonce: .fresh(), challenge: question, timestamp: 1)
        let next = try await #require(chip.status().nextKey)
        #expect(next.verifies(answer.signature, over: answer.elements.bytes + question.bytes))
        try await chip.switchCredential(to: next.keyID)
        return certificates
    }

    /// The next key's request, checked, and certificates for it.
    func prepare() async throws -> RotatedCertificates {
        let before = try await #require(chip.status().signingKey)
        let nonce = Nonce.fresh()
        let rotation = try await chip.prepareRotation(nonce: nonce)
        let request = try DeviceRequest(der: rotation.request.bytes)
        let next = try await chip.status().nextKey
        #expect(request.nonce == nonce && request.chipUID == bench.uid && request.publicKey == next)
        #expect(rotation.proof.replacedKey == before)
        let digest = Digest256.of(rotation.request.bytes)
        #expect(rotation.proof.holds(chipUID: bench.uid, newKey: request.publicKey, request: digest))
        return try product.renewed(for: request.publicKey)
    }

    /// Opens the locked port, takes the keys out, makes new ones.
    func rework(_ permissions: ADACPermissions = .rework | .wipe) async throws {
        let challenge = try await chip.startDebugSession()
        try await chip.openDebugPort(product.answer(challenge, of: bench.uid, permissions))
        try await chip.wipe(.everything)
    }
}

/// Runs and expects a refusal with exactly this code.
func expectRefusal(
    _ code: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async {
    let refusal = await #expect(throws: Refusal.self, sourceLocation: sourceLocation) { _ = try await body() }
    #expect(refusal?.code == code, "\(String(describing: refusal))", sourceLocation: sourceLocation)
}
