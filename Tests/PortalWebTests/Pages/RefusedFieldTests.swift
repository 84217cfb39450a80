import Governance
import KeyCustody
import PortalCore
import PortalProtocol
import PortalStore
import Silicon
import Testing
import Vocabulary

@testable import PortalWeb

/// Pages put a refusal beside the field that it is about, by the codes that the API really has.
@Suite("Pages: refusals beside their fields")
struct RefusedFieldTests {
    private func problem(_ code: any ErrorCatalogue, _ detail: String = "") -> Problem {
        Problem(Refusal(code, detail), status: 422, requestID: "r-1")
    }

    @Test("of a batch")
    func batch() {
        let wanted: [(any ErrorCatalogue, String, String?)] = [
            (BatchError.nameTaken, "", "batch"), (BatchError.allotment, "", "quantity"),
            (BatchError.lifetime, "", "quantity"), (BatchError.window, "", "notAfter"),
            (BatchError.edgeHalted, "", "edgeHSM"), (BatchError.outsideRules, "quantity 51", "quantity"),
            (BatchError.outsideRules, "window of 99 s", "notAfter"),
            (GovernanceError.batchOutsideRules, "quantity 51", "quantity"),
            (BatchError.outsideRules, "chip identity none", nil), (BatchError.versionNotLocked, "", nil),
        ]
        let rule = BatchController.errors(problem(BatchError.outsideRules, "quantity 2000, largest batch 1000"))
        #expect(rule == ["quantity": "At most 1,000 units in one batch, by the product's rule."])
        let window = BatchController.errors(
            problem(GovernanceError.batchOutsideRules, "window of 99 s, longest window 50 s")
        )
        #expect(window == ["notAfter": "At most 50 s after it opens, by the approval."])
        let unlocks = BatchController.errors(problem(GovernanceError.batchOutsideRules, "debug unlocks 3, at most 2"))
        #expect(unlocks == ["debugUnlocks": "At most 2 in one batch, by the approval."])
        for (code, detail, field) in wanted {
            #expect(BatchController.errors(problem(code, detail)).keys.first == field, "\(code.rawValue) \(detail)")
        }
    }

    @Test("of a product, a version and an approval")
    func making() {
        let wanted: [(any ErrorCatalogue, String, String?)] = [
            (VersionError.productExists, "", "product"), (VersionError.versionExists, "", "version"),
            (SiliconError.firmwareWrongKey, "", "firmware"), (SiliconError.firmwareSignatureWrong, "", "firmware"),
            (VersionError.fileUnknown, "firmware 00", "firmware"),
            (VersionError.fileUnknown, "declaration 00", "declaration"),
            (GovernanceError.declarationDiffers, "", "declaration"), (KeyCustodyError.nameUnknown, "", "version"),
            (VersionError.versionState, "", nil),
        ]
        for (code, detail, field) in wanted {
            #expect(MakingFields.fields(of: problem(code, detail)).first == field, "\(code.rawValue) \(detail)")
        }
    }

    @Test("all that is wrong in a long form is marked at once, each with the form that its field takes")
    func forms() {
        let good = [
            "product": "lamp", "title": "Lamp", "vendorID": "FFF1", "productID": "8000", "serialPrefix": "A-1",
            "debugPermissions": String(repeating: "0", count: 32),
            "secureBootKey": "04" + String(repeating: "a", count: 128),
            "lifetimeTotal": "10", "largestBatch": "", "deviceType": "0x0100",
        ]
        #expect(MakingFields.wrong(good).isEmpty)
        let bad = [
            "product": "a b", "title": "", "vendorID": "FFFF1", "productID": "x", "serialPrefix": "a",
            "debugPermissions": "0", "secureBootKey": "05" + String(repeating: "a", count: 128),
            "lifetimeTotal": "1,000",
            "largestBatch": "0", "deviceType": "0xg",
        ]
        #expect(Set(MakingFields.wrong(bad).keys) == Set(bad.keys))
        #expect(MakingFields.wrong(bad)["debugPermissions"]?.hasPrefix("32 hexadecimal digits") == true)
        #expect(MakingFields.deviceType(UInt32(256)) == "0x0100")
        for text in ["0x0100", "0X100", "256", " 256 "] {
            #expect(MakingFields.deviceType(text) == .integer(256), "\(text)")
        }
        #expect(MakingFields.deviceType("1,000") == .string("1,000"))
    }

    @Test("a package is delivered when the factory fetched it, and not when a person looked at it")
    func delivered() async throws {
        try await BatchPortal.run { tester in
            let batch = try await tester.create(try tester.order("b1")).message(Batch.self)
            func message() async throws -> Batch {
                try await tester.database.read { transaction in
                    let record = try #require(try BatchTable(transaction).batch(batch.id))
                    return try BatchDesk.message(record, in: transaction)
                }
            }
            try await tester.database.write("package") { transaction in
                let record = PackageRecord(
                    statement: batch.authorization,
                    digest: .zero,
                    size: 1,
                    madeAt: batch.createdAt
                )
                try PackageTable(transaction).insert(record, content: [0])
                try HandOverTable(transaction).note(
                    SyncRoutes.packageOperation,
                    batch.authorization.hex,
                    to: "p-somebody",
                    digest: .zero,
                    at: batch.createdAt + 5
                )
            }
            let sealed = try await message()
            #expect(sealed.state == .packaged && sealed.package?.deliveredAt == nil)
            try await tester.database.write("fetched") { transaction in
                try HandOverTable(transaction).note(
                    SyncRoutes.packageOperation,
                    batch.authorization.hex,
                    to: batch.factory.text,
                    digest: .zero,
                    at: batch.createdAt + 9
                )
            }
            #expect(try await message().package?.deliveredAt == batch.createdAt + 9)
        }
    }
}
