import Foundation
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: what is offered can be done, and one thing is said in one way")
struct OfferTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let form = FormState(key: "key", csrf: "csrf")

    private func sample() throws -> Sample { try Sample(text: "text", now: now) }

    private func viewer(_ role: Role) -> Viewer { Viewer(name: "A", organisation: "B", roles: [role], csrf: "csrf") }

    private func html(_ page: some PageView, _ role: Role = .oemSecurityOfficer) throws -> String {
        let frame = Frame(viewer: viewer(role), path: "/", theme: nil, told: nil, time: now, fonts: nil)
        return try Templates().render(page, in: frame)
    }

    private func version(_ content: VersionPage.Content) throws -> String {
        try html(
            VersionPage(content, tab: .changes, form: form, opened: nil, viewer: viewer(.oemSecurityOfficer), now: now)
        )
    }

    @Test("a proposal is changed until the first signature, and none is made beside one that is signed")
    func proposals() throws {
        let made = try sample()
        #expect(try version(made.version(in: .submitted, isSigned: false)).contains("Change proposal"))
        #expect(try !version(made.version(in: .submitted, isSigned: true)).contains("Change proposal"))
        let waiting = try version(made.version(in: .submitted, isSigned: false, pending: "1.9.0"))
        #expect(!waiting.contains("Change proposal") && waiting.contains("the approval of 1.9.0 is signed"))
    }

    @Test("the one command takes the files, signs and brings the signature; no secret stands in it")
    func command() throws {
        let page = try version(sample().version(in: .submitted, isSigned: false))
        let shown = try #require(page.firstMatch(of: /id="sign-command"[^>]*>([\s\S]*?)<\/pre>/)).1
        let command = shown.replacing(/<[^>]*>/, with: "").replacing("&amp;", with: "&").replacing("&#39;", with: "'")
        let steps = command.split(separator: " && \\\n").map(String.init)
        let place = "https://portal.example/v1/products/text/versions/text/approval"
        #expect(steps.count == 5, "\(command)")
        #expect(steps[1].hasPrefix("curl ") && steps[1].hasSuffix(" \(place)/files"))
        #expect(
            steps[3]
                == "obis approve sign-text-text/approval.json --token officer.json --role-keys sign-text-text/role-keys.json"
        )
        #expect(steps[4].hasSuffix("--data-binary @sign-text-text/approval.json \(place)/signatures"))
        for step in [steps[1], steps[4]] {
            #expect(step.contains("--cacert portal-ca.pem") && step.contains("--header @portal.header"))
        }
        #expect(!command.contains("Bearer") && !command.contains("--insecure"))
        // Beneath it the way without a network, with the files and the place for what was signed.
        let rest = page[try #require(page.firstRange(of: "sign-command")).upperBound...]
        let words = rest.replacing(/<[^>]*>/, with: "")
        #expect(words.contains("obis approve approval.json --token officer.json --role-keys role-keys.json"))
        #expect(rest.contains("/versions/text/sign.tar") && rest.contains("dialog-sign"))
    }

    @Test("a package's file is offered once there is one, and its place is there before")
    func package() throws {
        let bytes = try JSONEncoder().encode(sample().batch)
        var object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        let made = try JSONDecoder().decode(Batch.self, from: bytes)
        object["package"] = nil
        object["state"] = "granted"
        let open = try JSONDecoder().decode(Batch.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(BatchPage.file(made, "/batches/x").html.contains("href=\"/batches/x/package.json\""))
        let before = BatchPage.file(open, "/batches/x").html
        #expect(!before.contains("package.json") && before.contains(" disabled>") && before.contains("Package file"))
    }

    @Test("an EdgeHSM's link is said in the same words on its page, its factory's and the overview")
    func link() throws {
        let made = try sample()
        for (silence, words) in [(0, "Link up"), (300, "Link up"), (399, "Link up"), (401, "No word for 6 min 41 s")] {
            let later = now + Int64(silence)
            let state = EdgeState(
                edgeHSM: made.edge,
                storedSize: 1,
                checkpointTime: now,
                heardAt: now,
                isSilent: false,
                halted: nil,
                quarantined: 0,
                softwareVersion: nil
            )
            let journal = EdgeJournal(
                edgeHSM: made.edge,
                factory: made.site,
                storedSize: 1,
                storedRoot: made.digest,
                epoch: 1,
                checkpointTime: now,
                softwareVersion: nil,
                heardAt: now,
                isSilent: false,
                halted: nil,
                quarantined: 0,
                accounts: []
            )
            let content = EdgePage.Content(
                factory: made.factory1,
                journal: journal,
                enrolment: [],
                statement: made.digest,
                signers: [],
                preparations: nil,
                evidence: nil
            )
            let page = EdgePage(content, viewer: viewer(.oemViewer), now: later)
            let shown = try #require(page.live.first { $0.key == "state" }).html
            #expect(shown.contains(words), "\(silence) s: \(shown)")
            #expect(state.link(at: later).words == words)
        }
    }

    @Test("a batch's window stands beside what is made of it: before, within and after")
    func window() throws {
        let batch = try sample().batch
        #expect(batch.window(at: now + -7_200).html.contains("opens in 2 h"))
        let half = batch.window(at: now + 50).html
        #expect(half.contains("Window passed: 50") && half.contains("50 s left"), "\(half)")
        #expect(batch.window(at: now + 101).html.contains("has passed"))
        let overview = OverviewPage(try sample().overview, recent: try sample().series, viewer: viewer(.oemViewer))
        let table = try #require(overview.live.first { $0.key == "batches" }).html
        #expect(table.contains("data-label=\"Window\"") && table.contains("Window passed"), "\(table)")
    }

    @Test("a yield says what it is of, the same on each page")
    func yield() throws {
        let made = try sample()
        let words = "passed of 7 finished"
        let overview = OverviewPage(try made.overview, recent: made.series, viewer: viewer(.oemViewer))
        #expect(try #require(overview.live.first { $0.key == "note-yield" }).html.contains(words))
        let batch = BatchPage(try made.batchContent, form: form, opened: nil, viewer: viewer(.oemViewer), now: now)
        let factory = FactoryPage(made.factory, form: form, opened: nil, viewer: viewer(.oemViewer), now: now)
        #expect(try html(batch).contains(words))
        #expect(try html(factory).contains(words))
    }

    private func members(_ invitations: [Invitation]?, hasODM: Bool, _ role: Role = .oemAdmin) throws -> String {
        let made = try sample().product
        let content = ProductPage.Content(
            product: made.product,
            quota: made.quota,
            versions: [],
            keys: [],
            workspaces: hasODM ? made.workspaces : [],
            invitations: invitations,
            organisations: made.organisations,
            batches: [],
            factories: [:]
        )
        let page = try html(ProductPage(content, form: form, opened: nil, viewer: viewer(role), now: now), role)
        let start = try #require(page.firstRange(of: "aria-labelledby=\"members\"")).lowerBound
        return String(page[start...].prefix { $0 != "\u{0}" }.split(separator: "</section>")[0])
    }

    @Test(
        "open invitations of a product stand beside its members, to whom and until when, with the way to take them back"
    )
    func invitations() throws {
        func invitation(
            _ name: String,
            product: String = "text",
            expires: Int64 = 100,
            used: Bool = false,
            revoked: Bool = false
        ) -> Invitation {
            Invitation(
                id: InvitationID(validated: "i-\(name)"),
                kind: .organisation,
                organisation: nil,
                organisationName: name,
                roles: [.odmEngineer],
                officer: nil,
                product: ProductName(validated: product),
                createdAt: now,
                expiresAt: now + expires,
                usedAt: used ? now : nil,
                revokedAt: revoked ? now : nil
            )
        }
        let list = [
            invitation("Berlin"), invitation("Elsewhere", product: "other"), invitation("Expired", expires: 0),
            invitation("Used", used: true), invitation("Revoked", revoked: true),
        ]
        for hasODM in [true, false] {
            let shown = try members(list, hasODM: hasODM)
            #expect(shown.contains("Berlin") && shown.contains("value=\"i-Berlin\"") && shown.contains("valid until"))
            #expect(shown.contains("name=\"do\" value=\"revoke\"") && shown.contains("action=\"/products/text\""))
            for name in ["Elsewhere", "Expired", "Used", ">Revoked"] { #expect(!shown.contains(name), "\(name)") }
            #expect(shown.contains("nobody has used the invitation") == !hasODM)
        }
        #expect(try members([], hasODM: false).contains("Nobody but the OEM sees this product"))
        #expect(try !members(nil, hasODM: true, .oemViewer).contains("Invited"))
    }
}
