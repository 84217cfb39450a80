import Ceremony
import Durability
import EdgeHSMCore
import EdgeHSMDaemon
import FactoryBox
import FactoryCore
import Foundation
import Governance
import KeyCustody
import Labels
import LineProtocol
import Matter
import PortalCore
import PortalPages
import PortalProtocol
import PortalStore
import PortalWeb
import Programmers
import ServiceSupport
import Silicon
import Statements
import StationCore
import TestSupport
import Testing
import TransparencyLog
import Verify
import VirtualChip
import Vocabulary

/// `docs/errors.md` equals the code's list of error codes, both ways.
@Suite("Error catalogue")
struct ErrorCatalogueTests {
    /// Every catalogue of the code. `everyCatalogueIsListed` finds one that is missing here.
    static let catalogues: [any ErrorCatalogue.Type] = [
        VocabularyError.self, StatementError.self, TransparencyLogError.self, MatterError.self, SiliconError.self,
        ProductKeySealError.self, KeyCustodyError.self, DurabilityError.self, ServiceSupportError.self,
        LineProtocolError.self, EdgeError.self, EdgeDaemonError.self, ExecutionError.self, FactoryError.self,
        StationError.self, ProgrammerError.self, VirtualChipError.self, LabelError.self, GovernanceError.self,
        CeremonyError.self, VerifyError.self, JournalError.self, FactoryBoxError.self, PortalProtocolError.self,
        PortalError.self, PageError.self, SyncMessageError.self, VersionError.self, PortalStoreError.self,
        IdentityError.self,
        IngestError.self, SyncError.self, RecordError.self, BatchError.self, PreparationError.self,
        AccountError.self, LabelDisclosureError.self,
    ]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let page = root.appendingPathComponent("docs/errors.md")

    private struct Entry: Hashable, Comparable {
        let code: String
        let meaning: String
        let remedy: String
        let isRetryable: Bool
        static func < (left: Entry, right: Entry) -> Bool { left.code < right.code }
        var row: String { "| `\(code)` | \(meaning) | \(remedy) | \(isRetryable ? "yes" : "") |" }
    }

    private static func entries<Catalogue: ErrorCatalogue>(of catalogue: Catalogue.Type) -> [Entry] {
        Catalogue.allCases.map {
            Entry(code: $0.rawValue, meaning: $0.meaning, remedy: $0.remedy, isRetryable: $0.isRetryable)
        }
    }

    private static var all: [Entry] { catalogues.flatMap { entries(of: $0) }.sorted() }

    private static func rendered() -> String {
        let areas = Dictionary(grouping: all) { $0.code.prefix(while: { $0 != "." }) }
        var text = """
            # Error codes

            Every refusal of every program carries one of these codes; they never change their meaning. `Retry` marks those
            where the same request may succeed later without anybody changing anything. The page is compared with the code
            by a test, in both directions; `OBIS_WRITE_DOCS=1 swift test --filter ErrorCatalogue` writes it anew.

            """
        for area in areas.keys.sorted() {
            text += "\n## \(area)\n\n| Code | What happened | What to do | Retry |\n| --- | --- | --- | --- |\n"
            text += (areas[area] ?? []).sorted().map { $0.row + "\n" }.joined()
        }
        return text
    }

    @Test("docs/errors.md is what the code says")
    func pageMatches() throws {
        if ProcessInfo.processInfo.environment["OBIS_WRITE_DOCS"] != nil {
            try Self.rendered().write(to: Self.page, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.page, encoding: .utf8)
        let rows = Set(written.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init))
        let expected = Set(Self.all.map(\.row))
        #expect(rows.subtracting(expected).isEmpty, "in the page but not in the code")
        #expect(expected.subtracting(rows).isEmpty, "in the code but not in the page")
    }

    @Test("no code stands in two catalogues, and each has the form area.subject.reason")
    func codesAreWellFormed() throws {
        let codes = Self.all.map(\.code)
        let doubles = Dictionary(grouping: codes) { $0 }.filter { $0.value.count > 1 }.keys
        #expect(doubles.isEmpty, "\(doubles)")
        for code in codes {
            let parts = code.split(separator: ".", omittingEmptySubsequences: false)
            #expect(parts.count == 3, "\(code)")
            let isPlain = code.utf8.allSatisfy {
                ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D || $0 == 0x2E
            }
            #expect(isPlain, "\(code)")
        }
    }

    @Test("every meaning and remedy is a sentence")
    func textsAreSentences() {
        for entry in Self.all {
            for text in [entry.meaning, entry.remedy] {
                #expect(text.count >= 10 && text.hasSuffix("."), "\(entry.code): \(text)")
                #expect(!text.contains("|"), "\(entry.code)")
            }
        }
    }

    @Test("every catalogue in the sources is listed here")
    func everyCatalogueIsListed() throws {
        let sources = Self.root.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var found: Set<String> = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n") where line.contains("ErrorCatalogue {") && line.contains("enum ") {
                let name = line.split(separator: " ").drop { $0 != "enum" }.dropFirst().first
                found.insert(String(name?.prefix { $0 != ":" } ?? ""))
            }
        }
        let listed = Set(Self.catalogues.map { "\($0)" })
        #expect(found == listed)
    }
}
