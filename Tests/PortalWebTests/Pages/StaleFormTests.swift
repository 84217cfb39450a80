import Foundation
import PortalProtocol
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Somebody else was first: every form that changes what is there tells so, shows what is there now, and can be sent again.
@Suite("Pages: forms that come too late", .serialized)
struct StaleFormTests {
    private static let told = "Somebody has changed this since you opened it."

    /// A form with an old tag is refused with all that was entered; the page that came back sends it through.
    private static func check(
        _ poster: PagePoster,
        _ path: String,
        _ fields: [String: String],
        keeps: [String],
        end: String
    ) async throws {
        let late = try await poster.send(path, fields.merging(["tag": "\"999\""]) { $1 })
        #expect(late.status == 412 && late.text.contains(told), "\(path): \(late.status)")
        for text in keeps { #expect(late.text.contains(text), "\(path): \(text)") }
        let again = try await poster.send(path, fields, from: late)
        #expect(again.status == 303 && again.header("Location")?.hasPrefix(end) == true, "\(path): \(again.text)")
    }

    @Test("a product's rules: what was entered stands beside what is there meanwhile")
    func product() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            let admin = PagePoster(whole: whole, token: objects.admin)
            let path = "/products/\(World.product)"
            let opened = try await admin.get("\(path)?do=rules")
            let tag = try #require(PagePoster.hidden("tag", opened.text))
            let change = ProductChange(title: try DisplayName("Lamp <two>"))
            let json = String(decoding: try JSONEncoder().encode(change), as: UTF8.self)
            let first = try await whole.portal.ask(
                "PATCH",
                "/v1\(path)",
                token: objects.admin,
                headers: ["If-Match": tag],
                json: json
            )
            #expect(first.status == 200, "\(first.text)")
            let fields = ["do": "rules", "title": "Lamp three", "lifetimeTotal": "15485863", "largestBatch": "70"]
            let late = try await admin.send(path, fields, from: opened)
            #expect(late.status == 412 && late.text.contains(Self.told))
            #expect(late.text.contains("value=\"Lamp three\"") && late.text.contains("value=\"70\""))
            #expect(late.text.contains("There now: Lamp &lt;two&gt;"))
            #expect(late.text.contains("There now: nothing"), "of the largest batch there is no rule")
            #expect(late.text.matches(of: /There now/).count == 2, "what was not changed is not told")
            let again = try await admin.send(path, fields, from: late)
            #expect(again.status == 303, "\(again.text)")
            let now = try await whole.portal.ask("GET", "/v1\(path)", token: objects.admin).message(Product.self)
            #expect(now.title.text == "Lamp three" && now.rules.largestBatch?.value == 70)
        }
    }

    @Test("a batch, an alarm, a version: told above, with the reason kept, and sent again")
    func others() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            let me = try await whole.portal.ask("GET", "/v1/me", token: objects.admin).message(Me.self)
            let admin = PagePoster(whole: whole, token: objects.admin)
            let officer = PagePoster(
                whole: whole,
                token: try await whole.invite(
                    [.oemSecurityOfficer],
                    into: me.person.organisation,
                    by: objects.admin
                ).firstToken
            )
            let engineer = PagePoster(whole: whole, token: objects.own)
            let reason = ["reason": "enough of it"]
            try await Self.check(
                officer,
                "/batches/b-large",
                reason.merging(["do": "revoke"]) { $1 },
                keeps: ["enough of it", "id=\"dialog-revoke\""],
                end: "/batches/b-large?told=batchRevoked"
            )
            let place = "/products/\(World.product)/versions/\(TwoODMs.canary)-"
            try await Self.check(
                engineer,
                "\(place)draft",
                ["do": "submit"],
                keeps: ["id=\"dialog-submit\""],
                end: "\(place)draft?told=versionSubmitted"
            )
            try await Self.check(
                officer,
                "\(place)submitted",
                reason.merging(["do": "reject"]) { $1 },
                keeps: ["enough of it", "id=\"dialog-reject\""],
                end: "\(place)submitted?told=versionRejected"
            )
            // It can't be rejected a second time: the form is gone, and why is told above all.
            let gone = try await officer.send(
                "\(place)submitted",
                reason.merging(["do": "reject", "tag": "\"1\""]) { $1 }
            )
            #expect(gone.status == 412 && gone.text.contains(Self.told) && !gone.text.contains("dialog-reject"))
            let number = try #require(objects.ids["alarm"])
            let late = try await admin.send("/alarms", ["number": number, "tag": "\"999\""])
            #expect(late.status == 412 && late.text.contains(Self.told))
        }
    }

    @Test("a proposed approval is changed from what is proposed")
    func approval() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            let me = try await whole.portal.ask("GET", "/v1/me", token: objects.admin).message(Me.self)
            let officer = PagePoster(
                whole: whole,
                token: try await whole.invite(
                    [.oemSecurityOfficer],
                    into: me.person.organisation,
                    by: objects.admin
                ).firstToken
            )
            let path = "/products/\(World.product)/versions/\(TwoODMs.canary)-submitted/approval"
            let box = try #require(objects.ids["edge"])
            let fields = [
                "lifetimeTotal": "9999991", "expiresAt": "2099-01-01T00:00", "edge-\(box)": "700000",
                "largestBatch": "123", "debugUnlocks": "3", "reprovisions": "0", "rotations": "0",
                "longestSilence": "", "longestWindow": "",
            ]
            let late = try await officer.send(path, fields.merging(["tag": "\"999\""]) { $1 })
            #expect(late.status == 412 && late.text.contains(Self.told) && late.text.contains("value=\"700000\""))
            #expect(late.text.contains("There now: \(TwoODMs.allotment)"))
            let proposed = try await officer.send(path, fields, from: late)
            #expect(proposed.status == 303, "\(proposed.text)")
            let next = try await officer.get(path)
            for value in ["700000", "123", "3", "2099-01-01T00:00"] {
                #expect(next.text.contains("value=\"\(value)\""), "\(value)")
            }
            #expect(next.text.contains("Change the proposal"))
        }
    }
}
