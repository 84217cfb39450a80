import Foundation
import Governance
import PortalCore
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalWeb

/// A long form that comes back marks every field that is wrong.
@Suite("Pages: long forms that come back", .serialized)
struct LongFormRefusalTests {
    private static let good = [
        "title": "Lamp", "product": "lamp", "vendorID": "FFF1", "productID": "8000", "serialPrefix": "A",
        "family": "virtual-n", "chipIdentity": "none", "lifetimeTotal": "10", "socClass": "1", "keySlots": "ota*",
        "secureBootKey": "04" + String(repeating: "a", count: 128), "debugPermissions": "", "vendorRoots": "",
        "largestBatch": "", "longestSilence": "", "longestWindow": "",
        "paa": Data([0x30] + [UInt8](repeating: 7, count: 64)).base64EncodedString(),
        "debugRoot": Data([UInt8](repeating: 7, count: 64)).base64EncodedString(),
    ]

    private func problem(_ code: any ErrorCatalogue, _ detail: String) -> Problem {
        Problem(Refusal(code, detail), status: 422, requestID: "r-1")
    }

    @Test("a certificate that is none is marked, also where the API stops at another field before it")
    func certificates() {
        #expect(MakingFields.wrong(Self.good).isEmpty)
        for text in ["1", "", "not base64!", "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----"] {
            let entered = Self.good.merging(["paa": text, "title": ""]) { $1 }
            let stopped = problem(PortalProtocolError.malformedRequest, "title: 1 to 128 characters")
            #expect(Set(MakingFields.errors(stopped, entered: entered).keys) == ["paa", "title"], "\(text)")
        }
        let two = Self.good.merging(["paa": (Self.good["paa"] ?? "") + "\n" + (Self.good["paa"] ?? "")]) { $1 }
        #expect(MakingFields.wrong(two).keys.sorted() == ["paa"])
        for slots in ["a,a", "-", "1,2,3,4,5,6,7,8,9"] {
            #expect(
                MakingFields.wrong(Self.good.merging(["keySlots": slots]) { $1 }).keys.sorted() == ["keySlots"],
                "\(slots)"
            )
        }
    }

    @Test("a refusal marks the field that its detail names, and no other whose name stands in the words behind it")
    func named() {
        let wanted: [(any ErrorCatalogue, String, Set<String>)] = [
            (VersionError.productFoundation, "paa: matter.certificate.vendor-product-id product", ["paa"]),
            (VersionError.productFoundation, "secureBootKey: not on the curve", ["secureBootKey"]),
            (VersionError.productFoundation, "keySlots", ["keySlots"]),
            (VersionError.productFoundation, "vendorRoots: virtual-n has none", ["vendorRoots"]),
            (VersionError.productFoundation, "a certificate is empty or larger", ["paa", "debugRoot", "vendorRoots"]),
            (VersionError.productFigures, "longestWindow: 60 seconds at least", ["longestWindow"]),
            (VersionError.productFigures, "factories: 64 at most, each once", ["lifetimeTotal"]),
            (GovernanceError.scopeDiffers, "FFF2", ["vendorID", "paa"]),
            (GovernanceError.debugRootDiffers, "00", ["debugRoot", "socClass", "permissions"]),
            (GovernanceError.familyUnknown, "x; known are y", ["family"]),
            (PortalProtocolError.malformedRequest, "foundation.paa: base64", ["paa"]),
            (PortalProtocolError.malformedRequest, "foundation.keySlots.0.slot: a name", ["keySlots"]),
            (VersionError.productExists, "lamp", ["product"]), (VersionError.fileStorage, "product", []),
        ]
        for (code, detail, fields) in wanted {
            let found = MakingFields.errors(problem(code, detail), entered: Self.good)
            #expect(Set(found.keys) == fields, "\(code.rawValue) \(detail)")
        }
        let window = MakingFields.errors(
            problem(VersionError.productFigures, "longestWindow: 60 seconds at least"),
            entered: Self.good
        )
        #expect(window["longestWindow"] == "60 seconds at least.")
        // Of a version.
        let version = [
            "version": "1", "encoding": "x", "vendorName": "y", "flow": "9", "discovery": "0", "declaration": "z",
        ]
        for (code, detail, fields) in [
            (GovernanceError.textTooLong, "vendorName: 90 octets, 1 to 32", ["vendorName"]),
            (.textTooLong, "Certification Declaration, limit 600", ["declaration"]),
            (.familyUnknown, "factory data of virtual-n is nordic-cbor", ["encoding"]),
        ] as [(GovernanceError, String, Set<String>)] {
            let found = MakingFields.errors(problem(code, detail), entered: version)
            // The declaration is no digest, which is told in any case.
            #expect(Set(found.keys).subtracting(["declaration"]) == fields.subtracting(["declaration"]), "\(detail)")
            #expect(found["declaration"] != nil)
        }
    }

    @Test("the form comes back with all marks, links to them and what was entered; a good one lets its first ODM in")
    func comesBack() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin.token)
            let empty = try await admin.get("/products/new")
            #expect(empty.text.contains("<option value=\"\(odm)\"") && empty.text.contains("Nobody yet"))
            let bad = ["paa": "1", "debugRoot": "1", "lifetimeTotal": "1,000", "permissions": "bit-0,bit-3"]
            let back = try await admin.send("/products/new", Self.good.merging(bad) { $1 })
            #expect(back.status == 400, "\(back.status)")
            for field in ["paa", "debugRoot", "lifetimeTotal"] {
                #expect(back.text.contains("<a href=\"#f-\(field)\">"), "\(field)")
                #expect(back.text.contains("id=\"f-\(field)-error\""), "\(field)")
            }
            #expect(back.text.matches(of: /<(?:input|textarea|select)[^>]* aria-invalid="true"/).count == 3)
            #expect(back.text.matches(of: /name="permissions" value="bit-[03]" checked/).count == 2)
            // In form, but no certificate: the API says so of the field, and the page marks that one.
            let judged = try await admin.send("/products/new", Self.good)
            #expect(
                judged.status == 422 && judged.text.matches(of: /[ ]aria-invalid="true"/).count >= 1,
                "\(judged.status)"
            )
        }
    }
}
