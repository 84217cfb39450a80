import PortalProtocol
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: one list of words")
struct ReviewWordsTests {
    private func value(_ field: String, _ words: String) -> String { ReviewWords.value(field, words, id: "v").html }

    private func plain(_ html: String) -> String { html.replacing(/<[^>]*>/, with: "") }

    @Test("debug permissions are told in words, and their mask can't be read as binary")
    func permissions() {
        let shown = value("debug permissions", "0b" + String(repeating: "0", count: 30))
        #expect(shown.contains("read flash, write flash, wipe") && shown.contains(">0x0b00…<"))
        #expect(!plain(shown).contains("0b000"))
        // What is no mask stays as it is.
        #expect(value("debug permissions", "some") == "some")
    }

    @Test("dates, figures, ids and levels are written as everywhere else; a digest is shortened and whole at once")
    func values() {
        #expect(
            value("expires", "2027-01-22T15:44:34Z; no new batch loads afterwards").contains(">22 Jan 2027, 15:44 UTC<")
        )
        #expect(plain(value("not allotted", "8100 units")) == "8,100 units")
        #expect(value("chip identity", "at least vendorCertificate") == "at least vendor certificate")
        #expect(plain(value("Matter ids", "vendor FFF1, product 8001")) == "FFF1 / 8001")
        let hex = String(repeating: "ab", count: 32)
        let digest = value("firmware", "mcuboot, 123456 octets, SHA-256 \(hex)")
        #expect(digest.contains("mcuboot, 123,456 octets, SHA-256") && digest.contains("<code id=\"v\">\(hex)</code>"))
        #expect(digest.contains("data-copy=\"v\"") && digest.contains("<summary>"))
        #expect(plain(value("firmware signature", "mcuboot image verified under key \(hex)")).contains("under key id"))
        // Text of others is told as it is: none of its words is taken for one of ours.
        #expect(value("product name", "“applet 5000”") == "“applet 5000”")
        #expect(value("product label", "<b>") == "&lt;b&gt;")
    }

    @Test("forms, review and manifest call a thing the same")
    func labels() {
        #expect(ReviewWords.label("Matter ids") == "Vendor / product ID")
        #expect(ReviewWords.label("passcode verifier") == ReviewWords.rounds)
        #expect(ReviewWords.label("rotations") == ReviewWords.rotations)
        #expect(ReviewWords.label("debug class") == ReviewWords.debugClass)
        for field in ["secure boot fuse", "firmware key"] {
            #expect(ReviewWords.label(field).hasPrefix(ReviewWords.secureBootKey))
        }
        #expect(ReviewWords.label("key slot ota") == "Key slot ota")
    }
}
