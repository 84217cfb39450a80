import Foundation
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalCore

@Suite("TOTP")
struct TOTPTests {
    /// RFC 6238 appendix B: the SHA-1 rows.
    @Test(
        "the vectors of RFC 6238",
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)]
    )
    func vectors(time: Int64, code: String) throws {
        let secret = Secret(Array("12345678901234567890".utf8))
        let step = try #require(TOTP.step(at: Instant(seconds: time)))
        #expect(TOTP.code(secret, step: step, digits: 8) == code)
        #expect(TOTP.code(secret, step: step) == code.suffix(6))
    }

    /// RFC 4226 appendix D.
    @Test("the vectors of RFC 4226")
    func hotp() {
        let secret = Secret(Array("12345678901234567890".utf8))
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ]
        for (counter, code) in codes.enumerated() { #expect(TOTP.code(secret, step: Int64(counter)) == code) }
    }

    @Test("one step on either side counts, and no step that was accepted before")
    func window() throws {
        let secret = Secret(Array("12345678901234567890".utf8))
        let now = Instant(seconds: 1_000_000)
        let step = try #require(TOTP.step(at: now))
        for distance: Int64 in -3...3 {
            let code = TOTP.code(secret, step: step + distance)
            #expect(TOTP.match(code, secret, at: now, after: -1) == (abs(distance) <= 1 ? step + distance : nil))
            #expect(TOTP.match(code, secret, at: now, after: step) == (distance == 1 ? step + 1 : nil))
            #expect(TOTP.match(code, secret, at: now, after: step + 1) == nil)
        }
        #expect(TOTP.match("", secret, at: now, after: -1) == nil)
        #expect(TOTP.match(TOTP.code(secret, step: 0), secret, at: .epoch, after: -1) == 0)
        #expect(TOTP.match(TOTP.code(secret, step: 0), secret, at: Instant(seconds: -1), after: -1) == nil)
    }

    @Test("base32 as RFC 4648 section 10 has it, and a URI that authenticators read")
    func uri() throws {
        for (plain, text) in [
            ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] { #expect(Base32.encode(plain.utf8) == text) }
        let uri = TOTP.uri(Secret(Array("foobar".utf8)), issuer: "Ex & Co: Löwe", account: "a+b@c.d")
        let parsed = try #require(URLComponents(string: uri))
        #expect(parsed.scheme == "otpauth" && parsed.host == "totp" && parsed.path == "/Ex & Co: Löwe:a+b@c.d")
        let items = Dictionary(uniqueKeysWithValues: (parsed.queryItems ?? []).map { ($0.name, $0.value ?? "") })
        #expect(items["secret"] == "MZXW6YTBOI" && items["issuer"] == "Ex & Co: Löwe")
        #expect(items["algorithm"] == "SHA1" && items["digits"] == "6" && items["period"] == "30")
    }
}
