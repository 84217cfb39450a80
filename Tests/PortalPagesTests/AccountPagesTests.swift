import PortalProtocol
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages of accounts, drawn")
struct AccountPagesTests {
    private static let frame = Frame(viewer: nil, path: "/sign-in", time: .epoch)

    @Test("a form that comes back has what was entered but passwords, and says beside the field what is wrong")
    func returned() throws {
        let state = FormState(
            values: ["email": "a@b.c", "password": "in the clear"],
            errors: ["email": "Not <this> one."],
            key: "key-12345678",
            csrf: ""
        )
        let page = SignInPage(form: state, next: "/people", usesRecovery: false, other: "/sign-in", hasEnded: false)
        let html = try Templates().render(page, in: Self.frame)
        #expect(html.contains("value=\"a@b.c\"") && !html.contains("in the clear"))
        #expect(html.contains("aria-invalid=\"true\"") && html.contains("Not &lt;this&gt; one."))
    }

    @Test("a QR code is drawn from its figures alone: what else stands in it is left out")
    func qr() {
        let good = #"<svg xmlns="x" viewBox="0 0 41 41"><path d="M4 4h7v1h-7z"/></svg>"#
        #expect(QRMarkup.of(good).html.contains(##"d="M4 4h7v1h-7z""##))
        let bad = #"<svg viewBox="0 0 41 41"><script>alert(1)</script><path d="M4 4h7v1h-7z" onload="x"/></svg>"#
        #expect(!QRMarkup.of(bad).html.contains("script") && !QRMarkup.of(bad).html.contains("onload"))
        #expect(QRMarkup.of(#"<svg viewBox="0 0 41 41"><path d="M4<b>"/></svg>"#).isEmpty)
    }

    @Test(
        "browsers in words",
        arguments: [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("Mozilla/5.0 (Linux; Android 15) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
            ("Test/1.0", "Test/1.0"),
        ]
    )
    func agents(_ agent: String, _ words: String) { #expect(AgentWords.of(agent) == words) }
}
