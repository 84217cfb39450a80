import Foundation
import Statements
import TestSupport
import Testing
import Vocabulary

/// What the fields of a statement say to each other, and the unsigned containers.
@Suite struct ContentTests {
    private func approval(
        _ total: Int,
        _ allotted: [Int],
        sequence: Int = 1,
        previous: Digest256? = nil
    ) throws -> String? {
        let value = VersionApproval(
            product: try ProductName("lamp"),
            vendorID: VendorID(1),
            productID: ProductID(2),
            version: "1",
            manifest: .zero,
            lifetimeTotal: total,
            allotments: try allotted.enumerated().map {
                .init(edgeHSM: try EdgeHSMID("edge-\($0.offset)"), units: $0.element)
            },
            sequence: sequence,
            previous: previous,
            allowances: .init(debugUnlocks: 0, reprovisions: 0, rotations: 0),
            rules: .init(chipIdentity: .none),
            issuedAt: Samples.now,
            expiresAt: Samples.now + 1
        )
        return refusal { try value.validate() }
    }

    @Test func allotmentsNeverExceedTheLifetimeTotal() throws {
        #expect(try approval(100, [60, 40]) == nil)
        #expect(try approval(100, [60, 41]) == "statement.content.inconsistent")
        #expect(try approval(100, [-1]) == "statement.content.inconsistent")
        #expect(try approval(Limits.mostUnits, [Limits.mostUnits]) == nil)
        #expect(try approval(Limits.mostUnits, [Limits.mostUnits, 1]) == "statement.content.inconsistent")
        #expect(try approval(Limits.mostUnits + 1, []) == "statement.content.inconsistent")
        #expect(try approval(10, [], sequence: 2) == "statement.content.inconsistent")
        #expect(try approval(10, [], sequence: 1, previous: .zero) == "statement.content.inconsistent")
        #expect(try approval(10, [], sequence: 2, previous: .zero) == nil)
    }

    @Test func serialsFitTheirRange() throws {
        let range = ProductionAuthorization.SerialRange(prefix: "AB-", first: 97, digits: 2)
        #expect(try range.serial(2).text == "AB-99")
        #expect(refusal { _ = try range.serial(3) } == "statement.content.inconsistent")
        #expect(refusal { _ = try range.serial(-1) } == "statement.content.inconsistent")
    }

    /// Containers without a signature of their own, read from octets that anybody may have made.
    @Test func containersNeverFailOtherThanByRefusal() throws {
        let status = try Samples.status().unsigned().signed(by: TestSigner("portal"))
        let keys = try Samples.roleKeys().unsigned().signed(by: TestSigner("root"))
        let contents = PackageContents(
            authorization: try Samples.authorization().unsigned(),
            approval: try Samples.approval().unsigned(),
            manifest: Octets(try StatementCoding.encode(Samples.manifest())),
            keys: [.init(slot: try KeySlot("ota"), wrapped: Octets([UInt8](repeating: 1, count: 384)))],
            certificationDeclaration: Octets([1, 2, 3])
        )
        let entry = JournalEntry(
            sequence: 0,
            epoch: 1,
            time: Samples.now,
            event: JournalEvent(body: AuthorizationTombstoned(authorization: .zero, statement: .zero))
        )
        let samples: [(String, [UInt8], ([UInt8]) throws -> [UInt8])] = [
            (
                "manifest", try StatementCoding.encode(Samples.manifest()),
                { try StatementCoding.encode(Manifest(parsing: $0)) }
            ),
            (
                "contents", try StatementCoding.encode(contents),
                { try StatementCoding.encode(PackageContents(parsing: $0)) }
            ),
            (
                "file",
                try StatementCoding.encode(
                    PackageFile(package: try Samples.package().unsigned(), sealed: Octets([9, 9]))
                ),
                { try StatementCoding.encode(PackageFile(parsing: $0)) }
            ),
            (
                "bundle", try StatementCoding.encode(DownlinkBundle(roleKeys: [keys], orders: [], status: status)),
                { try StatementCoding.encode(DownlinkBundle(parsing: $0)) }
            ),
            ("entry", try entry.serialized(), { try JournalEntry(parsing: $0).serialized() }),
        ]
        let seed = Seed.take("StatementsTests.ContentTests")
        var generator = SeededGenerator(seed: seed)
        for (name, good, read) in samples {
            #expect(try read(good) == good, "\(name) reads as it was written")
            for round in 0..<500 {
                let bytes = JSONMutation.mutate(good, using: &generator)
                let code = refusal {
                    let again = try read(bytes)
                    #expect(try read(again) == again, "\(name) seed \(seed) round \(round)")
                }
                #expect(code?.hasPrefix("DEFECT") != true, "\(name) seed \(seed) round \(round): \(code ?? "")")
            }
        }
    }
}
