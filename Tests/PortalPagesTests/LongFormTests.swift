import PortalProtocol
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: the long forms")
struct LongFormTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let admin = Viewer(name: "A", organisation: "B", roles: [.oemAdmin], csrf: "csrf")

    private func html(_ page: some PageView) throws -> String {
        try Templates().render(
            page,
            in: Frame(viewer: admin, path: "/", theme: nil, told: nil, time: now, fonts: nil)
        )
    }

    private func refused(_ errors: [String: String], values: [String: String] = ["title": "x"]) throws -> FormState {
        let problem = try Sample(text: "wrong", now: now).problem
        return FormState(values: values, errors: errors, problem: problem, key: "key", csrf: "csrf")
    }

    private func version(_ form: FormState, values: [String: String] = [:]) throws -> String {
        let product = try Sample(text: "0f000000000000000000000000000000", now: now).product.product
        return try html(NewVersionPage(product: product, values: values, host: "portal.example", form: form))
    }

    @Test("every field that is wrong is marked, told of beside it, and linked from the summary above")
    func marks() throws {
        let fields = ["title", "family", "paa", "debugRoot", "secureBootKey", "permissions", "lifetimeTotal"]
        let errors = Dictionary(uniqueKeysWithValues: fields.map { ($0, "what \($0) takes") })
        let page = try html(
            NewProductPage(families: [("virtual-n", "none")], form: refused(errors))
        )
        PageCheck(html: page).all("product-new")
        let summary = try #require(page.firstMatch(of: /role="alert"[^>]*>[\s\S]*?<ul>([\s\S]*?)<\/ul>/)).1
        for field in fields {
            #expect(summary.contains("<a href=\"#f-\(field)\">"), "\(field)")
            #expect(page.contains("id=\"f-\(field)-error\""), "\(field)")
            let isDescribed = page.contains("aria-describedby=\"f-\(field)-help f-\(field)-error\"")
            #expect(isDescribed, "\(field)")
        }
        #expect(page.matches(of: /<(?:input|textarea|select)[^>]*id="f-[^>]*aria-invalid="true"/).count == 10)
        #expect(!summary.contains("#f-productID"))
        // Nothing wrong: nothing listed.
        let fresh = try html(NewProductPage(families: [], form: FormState(key: "k", csrf: "c")))
        #expect(!fresh.contains("aria-invalid") && !fresh.contains("role=\"alert\""))
    }

    @Test("four cards in the order in which an OEM thinks, and one form around them")
    func cards() throws {
        let page = try html(NewProductPage(families: [], form: FormState(key: "k", csrf: "c")))
        let titles = page.matches(of: /<h2 id="[a-z-]+">([^<]+)<\/h2>/).map { String($0.1) }
        #expect(
            titles.filter { !["Production", "Trust", "Organisation"].contains($0) }
                == ["What it is", "Certificates and keys", "Rules of the line", "Quota and people"]
        )
        #expect(page.matches(of: /<form class="form cards-form"/).count == 1)
        for field in ["paa", "debugRoot", "vendorRoots"] {
            #expect(
                page.contains("data-read=\"f-\(field)\"")
                    && page.contains("<output class=\"help\" for=\"file-\(field)\">")
            )
        }
    }

    @Test("permissions are ticked by name; what has no name is kept as a mask, and both come back as they were entered")
    func permissions() throws {
        let zeros = String(repeating: "0", count: 30)
        #expect(DebugPermissionFields.mask(ticks: "", rest: "") == "00" + zeros)
        #expect(DebugPermissionFields.mask(ticks: "bit-0,bit-3", rest: "") == "09" + zeros)
        #expect(DebugPermissionFields.mask(ticks: "bit-0", rest: "06" + zeros) == "07" + zeros)
        #expect(DebugPermissionFields.mask(ticks: "bit-9,bit--1,0,x", rest: "") == "00" + zeros)
        // What is no mask goes on as it is, to be refused.
        #expect(DebugPermissionFields.mask(ticks: "bit-0", rest: "zz") == "zz")
        func shown(_ page: String) -> (ticks: [String], rest: String) {
            let ticks = page.matches(of: /name="permissions" value="bit-([0-9])" checked/).map { String($0.1) }
            let rest = page.firstMatch(of: /id="f-debugPermissions" name="debugPermissions" value="([^"]*)"/)?.1 ?? "?"
            return (ticks, String(rest))
        }
        let before = shown(
            try version(FormState(key: "k", csrf: "c"), values: ["debugPermissions": "1500" + zeros.dropLast(2)])
        )
        #expect(before.ticks == ["0", "2"] && before.rest == "10" + zeros)
        // Back after a refusal: nothing is ticked again that somebody took away.
        let back = shown(try version(refused([:]), values: ["debugPermissions": "0f" + zeros]))
        #expect(back.ticks.isEmpty)
        let kept = shown(try version(refused([:], values: ["permissions": "bit-1", "debugPermissions": "zz"])))
        #expect(kept.ticks == ["1"] && kept.rest == "zz")
    }
}
