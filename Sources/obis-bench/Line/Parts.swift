import Crypto
import FactoryBox
import Foundation
import Glibc
import KeyCustody
import Matter
import PKCS11Token
import Vocabulary

/// What issuing is made of, each alone in this process: the measure for the whole.
enum Part: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
    case rawSign = "P-256 sign, in the process"
    case rawVerify = "P-256 verify, in the process"
    case requestVerify = "CSR parsed and verified"
    case tokenSign = "P-256 sign, SoftHSM2"
    case tokenDerive = "HMAC-SHA256, SoftHSM2"
    case spake = "SPAKE2+ verifier, 1,000 rounds"
    case sync = "4 KiB write and fdatasync"
}

/// Measures the parts.
struct Parts: Sendable {
    private let token: PKCS11Token
    private let pai: any SigningKey
    private let request: [UInt8]
    private let file: String

    private static let secretKey = KeyName(.unitSecret, "bench")

    static func prepare(in factory: LoadFactory) async throws -> Parts {
        let place = try factory.tokenPlace()
        // Read by the module when it is loaded, which nothing in this process has done yet.
        setenv("SOFTHSM2_CONF", place.configuration, 1)
        try await PKCS11TokenInitializer(modulePath: place.module).initialize(
            label: place.label,
            officerPIN: .file(path: place.officerPINFile),
            userPIN: .file(path: place.pinFile)
        )
        let token = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: place.module,
                label: place.label,
                pinSource: .file(path: place.pinFile)
            )
        )
        let pai = KeyName(.pai, "bench")
        for name in [pai, secretKey] { try await token.generate(name) }
        return Parts(
            token: token,
            pai: try await token.signingKey(pai),
            request: try LoadSamples.deviceRequest(),
            file: factory.file("sync-probe")
        )
    }

    func end() async { await token.close() }

    /// - Parameter scale: share of the usual number of repetitions.
    func measure(scale: Double = 1) async throws -> [Part: Cost] {
        var costs: [Part: Cost] = [:]
        for part in Part.allCases {
            // Five medians keep one busy moment of the machine out.
            var samples: [Cost] = []
            for _ in 0..<5 { samples.append(try await measure(part, scale: scale)) }
            costs[part] = Cost(cpu: median(samples.map(\.cpu)), wall: median(samples.map(\.wall)))
        }
        return costs
    }

    private func measure(_ part: Part, scale: Double) async throws -> Cost {
        switch part {
        case .rawSign: return try rawSign(count(1_000, scale))
        case .rawVerify: return try rawVerify(count(500, scale))
        case .requestVerify:
            return try repeated(count(500, scale)) { _ in _ = try DeviceRequest(der: request) }
        case .tokenSign:
            return try await repeatedly(count(500, scale)) { _ in _ = try await pai.sign(request) }
        case .tokenDerive:
            return try await repeatedly(count(500, scale)) { _ in
                _ = try await token.derive(Self.secretKey, context: Array(request.prefix(50)))
            }
        case .spake:
            let passcode = try Passcode(20_202_021)
            let salt = [UInt8](repeating: 3, count: 32)
            return try repeated(count(100, scale)) { _ in
                _ = try SPAKE2PlusVerifier(passcode: passcode, salt: salt, iterations: 1_000)
            }
        case .sync: return try sync(count(200, scale))
        }
    }

    private func count(_ usual: Int, _ scale: Double) -> Int { max(1, Int(Double(usual) * scale)) }

    private func rawSign(_ count: Int) throws -> Cost {
        let key = P256.Signing.PrivateKey()
        return try repeated(count) { _ in _ = try key.signature(for: request) }
    }

    private func rawVerify(_ count: Int) throws -> Cost {
        let key = P256.Signing.PrivateKey()
        let signature = try key.signature(for: request)
        return try repeated(count) { _ in
            guard key.publicKey.isValidSignature(signature, for: request) else {
                throw Fault.signatureWrong
            }
        }
    }

    /// Writes round and round in one file, as a write-ahead log does.
    private func sync(_ count: Int) throws -> Cost {
        let descriptor = open(file, O_CREAT | O_RDWR, 0o600)
        guard descriptor >= 0 else { throw Fault.disk }
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0x5A, count: 4_096)
        return try repeated(count) { index in
            guard pwrite(descriptor, page, page.count, off_t(index % 256 * page.count)) == page.count,
                fdatasync(descriptor) == 0
            else { throw Fault.disk }
        }
    }

    private func repeated(_ count: Int, _ body: (Int) throws -> Void) rethrows -> Cost {
        try timed { for index in 0..<count { try body(index) } }.divided(by: count)
    }

    private func repeatedly(_ count: Int, _ body: (Int) async throws -> Void) async rethrows -> Cost {
        try await timedWait { for index in 0..<count { try await body(index) } }.divided(by: count)
    }
}
