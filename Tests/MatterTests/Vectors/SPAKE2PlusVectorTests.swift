import Crypto
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Matter

@Suite(.enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
struct SPAKE2PlusVectorTests {
    /// A value of a vector: hexadecimal, `{"ascii": …}`, `nullptr` or a number.
    enum Value: Decodable {
        case bytes([UInt8])
        case number(Int)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else if let text = try? container.decode([String: String].self), let ascii = text["ascii"] {
                self = .bytes(Array(ascii.utf8))
            } else {
                let text = try container.decode(String.self)
                self = (try? Hex.decode(text)).map { .bytes($0) } ?? .text(text)
            }
        }
    }

    private struct File: Decodable {
        let vectors: [[String: Value]]
    }

    private func vectors(_ name: String, atLeast count: Int) throws -> [[String: Value]] {
        let vectors = try Vectors.json(File.self, "spake2p/\(name).json").vectors
        #expect(vectors.count >= count)
        return vectors
    }

    private func bytes(_ vector: [String: Value], _ name: String) throws -> [UInt8] {
        guard case .bytes(let bytes) = vector[name] else { throw Vectors.Missing(path: name) }
        return bytes
    }

    private func number(_ vector: [String: Value], _ name: String) throws -> Int {
        guard case .number(let number) = vector[name] else { throw Vectors.Missing(path: name) }
        return number
    }

    @Test("every SPAKE2+ file is judged here")
    func files() {
        let judged: Set = [
            "PBKDF2_SHA256", "SPAKE2P_FE_MUL", "SPAKE2P_FE_RW", "SPAKE2P_HMAC", "SPAKE2P_POINT_MUL",
            "SPAKE2P_POINT_MUL_ADD", "SPAKE2P_POINT_RW", "SPAKE2P_POINT_VALID", "SPAKE2P_RFC", "verifier",
        ]
        #expect(Set(Vectors.entries("spake2p").map(\.path)) == Set(judged.map { "spake2p/\($0).json" }))
    }

    struct VerifierFile: Decodable {
        struct Vector: Decodable {
            let passcode: UInt32
            let iterations: Int
            let salt_b64: String
            let verifier_b64: String
        }
        let vectors: [Vector]
    }

    @Test("verifiers")
    func verifiers() throws {
        let vectors = try Vectors.json(VerifierFile.self, "spake2p/verifier.json").vectors
        #expect(vectors.count >= 3)
        for vector in vectors {
            let salt = Array(try #require(Data(base64Encoded: vector.salt_b64)))
            let verifier = try SPAKE2PlusVerifier(
                passcode: Passcode(vector.passcode),
                salt: salt,
                iterations: vector.iterations
            )
            #expect(verifier.octets.count == 97)
            #expect(verifier.octets.withBytes { Data($0).base64EncodedString() } == vector.verifier_b64)
        }
    }

    @Test("PBKDF2")
    func pbkdf2() throws {
        var agreed = 0
        for vector in try vectors("PBKDF2_SHA256", atLeast: 13) {
            guard case .text("CHIP_NO_ERROR") = vector["result"] else {
                // Missing pointers have no counterpart in our types; a salt of a wrong size is refused above `derive`.
                guard let salt = try? bytes(vector, "salt"), !(16...64).contains(salt.count) else { continue }
                let code = try refusalCode {
                    _ = try SPAKE2PlusVerifier(passcode: Passcode(1), salt: salt, iterations: 1000)
                }
                #expect(code == "matter.spake2p.parameters")
                continue
            }
            let key = try bytes(vector, "key")
            let derived = try SPAKE2PlusVerifier.derive(
                password: bytes(vector, "password"),
                salt: bytes(vector, "salt"),
                iterations: number(vector, "iter"),
                octets: key.count
            )
            #expect(derived.withUnsafeBytes { Array($0) } == key, "\(vector)")
            agreed += 1
        }
        #expect(agreed >= 5)
    }

    @Test("reduction modulo the order")
    func reduction() throws {
        for vector in try vectors("SPAKE2P_FE_RW", atLeast: 7) {
            #expect(try P256Scalar.reduce(bytes(vector, "fe_in")) == bytes(vector, "fe_out"))
        }
        for vector in try vectors("SPAKE2P_FE_MUL", atLeast: 20) {
            let product = try Self.product(bytes(vector, "fe1"), bytes(vector, "fe2"))
            #expect(try P256Scalar.reduce(product) == bytes(vector, "fe_out"))
        }
    }

    /// Schoolbook product of two big-endian numbers of 32 octets.
    private static func product(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var sums = [Int](repeating: 0, count: left.count + right.count)
        for (i, a) in left.enumerated() {
            for (j, b) in right.enumerated() { sums[i + j + 1] += Int(a) * Int(b) }
        }
        for index in sums.indices.dropFirst().reversed() {
            sums[index - 1] += sums[index] >> 8
            sums[index] &= 0xFF
        }
        return sums.map { UInt8($0) }
    }

    @Test("HMAC")
    func hmac() throws {
        for vector in try vectors("SPAKE2P_HMAC", atLeast: 5) {
            let key = SymmetricKey(data: try bytes(vector, "key"))
            let code = HMAC<SHA256>.authenticationCode(for: try bytes(vector, "input"), using: key)
            #expect(Array(code) == (try bytes(vector, "output")))
        }
    }

    @Test("points: reading, writing and whether they are on the curve")
    func points() throws {
        for vector in try vectors("SPAKE2P_POINT_RW", atLeast: 10) {
            let point = try P256Point(bytes(vector, "point")).checkedOnCurve()
            #expect(CurvePoint(point.bytes).bytes == point.bytes)
        }
        for vector in try vectors("SPAKE2P_POINT_VALID", atLeast: 40) {
            let code = try refusalCode { _ = try P256Point(bytes(vector, "point")).checkedOnCurve() }
            #expect(code == (try number(vector, "valid") == 1 ? nil : "matter.key.not-on-curve"))
        }
    }

    @Test("point multiplication, in the library that we use and in the tests' own arithmetic")
    func multiplication() throws {
        for vector in try vectors("SPAKE2P_POINT_MUL", atLeast: 20) {
            let (scalar, point) = try (bytes(vector, "scalar"), bytes(vector, "point"))
            let expected = try bytes(vector, "out_point")
            #expect((scalar * CurvePoint(point)).bytes == expected)
            let padded = [UInt8](repeating: 0, count: 32 - scalar.count) + scalar
            let shared = try P256.KeyAgreement.PrivateKey(rawRepresentation: padded).sharedSecretFromKeyAgreement(
                with: P256.KeyAgreement.PublicKey(x963Representation: point)
            )
            #expect(shared.withUnsafeBytes { Array($0) } == Array(expected[1..<33]))
        }
        for vector in try vectors("SPAKE2P_POINT_MUL_ADD", atLeast: 20) {
            let first = try bytes(vector, "scalar1") * CurvePoint(bytes(vector, "point1"))
            let second = try bytes(vector, "scalar2") * CurvePoint(bytes(vector, "point2"))
            #expect((first + second).bytes == (try bytes(vector, "out_point")))
        }
    }

    @Test("the protocol runs of the RFC: L is w1·G, X is x·G + w0·M, Z and V follow")
    func protocolRuns() throws {
        let m = CurvePoint(
            try Hex.decode(
                "04886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
                    + "5ff355163e43ce224e0b0e65ff02ac8e5c7be09419c785e0ca547d55a12e2d20"
            )
        )
        let generator = CurvePoint(
            try Hex.decode(
                "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                    + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
            )
        )
        for vector in try vectors("SPAKE2P_RFC", atLeast: 4) {
            let l = try P256.KeyAgreement.PrivateKey(rawRepresentation: bytes(vector, "w1")).publicKey
            #expect(Array(l.x963Representation) == (try bytes(vector, "L")))
            let x = try bytes(vector, "x") * generator + bytes(vector, "w0") * m
            #expect(x.bytes == (try bytes(vector, "X")))
            let v = try bytes(vector, "y") * CurvePoint(bytes(vector, "L"))
            #expect(v.bytes == (try bytes(vector, "V")))
        }
    }
}
