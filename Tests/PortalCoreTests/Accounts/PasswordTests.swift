import Testing
import Vocabulary

@testable import PortalCore

@Suite("Passwords")
struct PasswordTests {
    /// RFC 7914 section 12, but the last, which takes a gibibyte.
    @Test("the vectors of RFC 7914")
    func vectors() throws {
        let cases: [(String, String, (Int, Int, Int), String)] = [
            (
                "", "", (4, 1, 1),
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                    + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
            ),
            (
                "password", "NaCl", (10, 8, 16),
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", (14, 8, 1),
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ]
        for (password, salt, cost, expected) in cases {
            let (n, r, p) = cost
            let derived = try Scrypt.derive(
                Secret(Array(password.utf8)),
                salt: Array(salt.utf8),
                cost: #require(PasswordCost(logN: n, blockSize: r, parallelism: p)),
                octets: 64
            )
            #expect(Hex.encode(derived) == expected)
        }
    }

    @Test("a record reads back as it was written, and nothing else does")
    func records() throws {
        let record = PasswordRecord(
            cost: .usual,
            salt: [UInt8](repeating: 7, count: 16),
            tag: [UInt8](repeating: 9, count: 32)
        )
        #expect(record.text.hasPrefix("$scrypt-hmac$ln=15,r=8,p=3$"))
        #expect(PasswordRecord(text: record.text) == record)
        for wrong in [
            "", "$", record.text + "$", record.text.replacing("ln=15", with: "ln=40"),
            record.text.replacing("ln=15", with: "ln=015"), record.text.replacing("scrypt-hmac", with: "scrypt"),
            record.text.replacing("r=8,p=3", with: "p=3,r=8"), String(record.text.dropLast()),
        ] { #expect(PasswordRecord(text: wrong) == nil, "\(wrong)") }
        #expect(PasswordCost(logN: 20, blockSize: 8, parallelism: 1) == nil, "a gibibyte")
        #expect(PasswordCost(logN: 0, blockSize: 8, parallelism: 1) == nil)
    }

    @Test(
        "what is tried first is refused",
        arguments: [
            "short", "elevenchars", "aaaaaaaaaaaaaaaa", "abababababababab", "abcdefghijklm", "zyxwvutsrqponm",
            "1234567890123", "qwertyuiopas", "Password1234", "P@ssw0rd!!!!", "password2026!", "letmeinplease1",
            "Welcome20262026", "ada.lovelace", "adalovelace!", "ExampleOEM-2026", "correct horse battery staple",
            "abcabcabcabcabc",
        ]
    )
    func weak(_ password: String) {
        let known = ["Ada Lovelace", "ada.lovelace@example.com", "Example OEM"]
        #expect(PasswordRules.complaint(password, knowing: known) != nil)
    }

    @Test(
        "long ones of one's own are taken, in any language",
        arguments: [
            "rain under seven bridges", "zwölf grüne Straßenlaternen", "七只安静的灯在雨中的桥下面", "xK9-fq2-mmz-47t",
            "ada likes turbines and tea",
        ]
    )
    func good(_ password: String) {
        let known = ["Ada Lovelace", "ada.lovelace@example.com", "Example OEM"]
        #expect(PasswordRules.complaint(password, knowing: known) == nil)
    }

    @Test("recovery codes are told apart by nothing but their letters")
    func recovery() {
        let text = RecoveryCodeText.text([UInt8](0..<10))
        #expect(text == "AAAQ-EAYE-AUDA-OCAJ")
        #expect(RecoveryCodeText.digest(text) == RecoveryCodeText.digest(text.lowercased()))
        #expect(RecoveryCodeText.digest(text) != RecoveryCodeText.digest("AAAQ-EAYE-AUDA-OCAK"))
    }
}

@Suite("Budgets of attempts")
struct AttemptBudgetTests {
    @Test("so many in a window, given back where they succeed, and memory stays bounded")
    func budget() {
        var budget = AttemptBudget(most: 3, within: 60, largest: 16)
        let start = Instant(seconds: 1_000)
        for _ in 0..<3 { #expect(budget.take("a", at: start) == nil) }
        #expect(budget.take("a", at: start + 20) == 40)
        #expect(budget.take("b", at: start + 20) == nil)
        budget.giveBack("a")
        #expect(budget.take("a", at: start + 20) == nil)
        #expect(budget.take("a", at: start + 59) == 1)
        #expect(budget.take("a", at: start + 60) == nil)
        for number in 0..<1_000 { #expect(budget.take("c\(number)", at: start + 61) == nil) }
        #expect(budget.size <= 16)
    }

    @Test("a clock that stepped back locks nobody out")
    func clock() {
        var budget = AttemptBudget(most: 1, within: 60)
        #expect(budget.take("a", at: Instant(seconds: 1_000)) == nil)
        #expect(budget.take("a", at: Instant(seconds: 10)) == nil)
    }
}
