import Foundation
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Pages: exports, and devices of a batch by its authorization", .serialized)
struct ExportPageTests {
    @Test("the page of exports has every list that the API exports, in words, and each file that it names is there")
    func everyList() async throws {
        try await PagePortal.run(devices: 3) { portal in
            let declared = portal.whole.routes.map(\.declaration).filter { $0.operationID.hasSuffix("AsCSV") }
            #expect(declared.count > 25)
            let known = declared.map { ExportController.file(of: $0) }
            for place in known { #expect(ExportController.words[place] != nil, "\(place) has no words") }
            #expect(Set(known) == Set(ExportController.words.keys))
            let (batch, me) = (
                try #require(portal.batches.first),
                try await portal.whole.portal.ask("GET", "/v1/me", token: portal.admin).message(Me.self).person.id
            )
            let content = batch.authorization
            let chosen = [
                "product": content.product.text, "factory": content.factory.text, "edge": content.edgeHSM.text,
                "batch": "\(batch.id)", "person": "\(me)",
            ]
            for format in ["csv", "json"] {
                let page = try await portal.page("/exports?format=\(format)").text
                let whole = page.matches(of: /href="(\/exports\/[^"]*)"/).map { String($0.1) }
                let ofOne = page.matches(of: /<option value="([a-z]+\/\{[^"]*)"/).map { String($0.1) }
                // Sums by what is chosen, the audit in the one order.
                #expect(whole.count + ofOne.count == known.count - 2)
                var files = whole + RollUpDimension.allCases.map { "/exports/rollups.\(format)?by=\($0.rawValue)" }
                #expect(page.contains("action=\"/exports/rollups.\(format)\""))
                for list in ofOne {
                    let kind = try #require(list.firstMatch(of: /\{(.*)\}/)).1
                    let id = try #require(chosen[String(kind)])
                    let place = list.replacing("{", with: "%7B").replacing("}", with: "%7D").replacing("/", with: "%2F")
                    let asked = try await portal.page(
                        "/exports?format=\(format)&\(kind)=\(id)&list=\(place)",
                        status: 303
                    )
                    files.append(try #require(asked.header("Location")))
                }
                for file in files {
                    let reply = try await portal.page(file)
                    let type = reply.header("Content-Type") ?? ""
                    #expect(type.hasPrefix(format == "csv" ? "text/csv" : "application/json"), "\(file): \(type)")
                }
            }
            let units = try await portal.page("/exports/batches/\(batch.id)/units.json")
            #expect(try JSONDecoder().decode([UnitView].self, from: Data(units.body)).count == 3)
            // Before one is chosen there is no address that leads nowhere: the browser asks for it, the page stays.
            let bare = try await portal.page("/exports?list=batches%2F%7Bbatch%7D%2Funits&batch=").text
            #expect(!bare.contains("/exports/batches/") && bare.contains("name=\"batch\" required"))
            // What was chosen is chosen in the other format too.
            let kept = try await portal.page("/exports?batch=\(batch.id)").text
            #expect(
                kept.contains("value=\"\(batch.id)\" selected") && kept.contains("format=json&amp;batch=\(batch.id)")
            )
            let none = try await portal.whole.portal.ask(
                "GET",
                "/exports/nothing.csv",
                token: portal.admin,
                headers: ["Accept": "text/html"]
            )
            #expect(none.status == 404)
        }
    }

    @Test("an authorization leads to its batch's devices; one that was never granted to words, not to a refusal")
    func authorizations() async throws {
        try await PagePortal.run(devices: 3) { portal in
            let batch = try #require(portal.batches.first)
            func batches(_ query: String, _ token: String? = nil) async throws -> [Batch] {
                let reply = try await portal.whole.portal.ask(
                    "GET",
                    "/v1/batches?authorization=\(query)",
                    token: token ?? portal.admin
                )
                #expect(reply.status == 200, "\(reply.text)")
                return try reply.message(Page<Batch>.self).items
            }
            #expect(try await batches(batch.statement.hex).map(\.id) == [batch.id])
            #expect(try await batches("\(batch.statement)&product=other").isEmpty)
            #expect(try await batches(Digest256.of([1]).hex).isEmpty)
            let other = try await portal.whole.createODM("Berlin", by: portal.admin)
            let stranger = try await portal.whole.invite([.odmEngineer], into: other, by: portal.admin).firstToken
            #expect(try await batches(batch.statement.hex, stranger).isEmpty)
            let shown = try await portal.page("/devices?batch=\(batch.statement)").text
            #expect(shown.contains("href=\"/devices/") && shown.contains("value=\"\(batch.id)\" selected"))
            let none = try await portal.page("/devices?batch=\(Digest256.of([1]))").text
            #expect(none.contains("No batch of this authorization"))
        }
    }

    @Test("whom a product was offered to stands on its page, and is taken back there")
    func invitations() async throws {
        try await PagePortal.run(devices: 1) { portal in
            let product = try #require(portal.batches.first).authorization.product
            let path = "/products/\(product)"
            let poster = PagePoster(whole: portal.whole, token: portal.admin)
            let made = try await poster.send(
                path,
                ["do": "workspace", "organisation": "", "organisationName": "Berlin"]
            )
            #expect(made.status == 201, "\(made.text)")
            let open = try await portal.page(path)
            let id = try #require(open.text.firstMatch(of: /name="id" value="([^"]+)"/)).1
            #expect(open.text.contains("Berlin") && open.text.contains("Invited"))
            let done = try await poster.send(path, ["do": "revoke", "id": String(id)])
            #expect(done.status == 303 && done.header("Location")?.hasPrefix(path) == true, "\(done.text)")
            #expect(try await !portal.page(path).text.contains("Berlin"))
        }
    }
}
