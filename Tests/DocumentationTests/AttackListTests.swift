import FactoryBox
import Foundation
import Testing

/// `docs/attacks.md` equals the list that the demo plays, and every code in it exists.
@Suite("Attack list")
struct AttackListTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func rows() -> [String] {
        Attack.allCases.map {
            "| \($0.name) | \($0.facts.maker) | `\($0.code)` | \($0.facts.mended) |"
        }
    }

    private static func rendered() -> String {
        """
        # What must be refused

        `make demo` makes each of these attacks with a real client on a real socket, or with the real command line, and
        with everything valid but the attacked thing. It fails unless the refusal carries exactly this code, and unless the
        same request with only that mended is accepted. They are played on an EdgeHSM of their own (`edge-2`), so that the
        figures of production stay what they are; most are played with a product whose chips have no certificate of their
        vendor, the hardest case.

        The page is compared with the code by a test; `OBIS_WRITE_DOCS=1 swift test --filter AttackList` writes it anew.

        | Attack | Who can make it | Code | What mends it |
        | --- | --- | --- | --- |

        """ + rows().map { $0 + "\n" }.joined()
    }

    @Test("docs/attacks.md is the list of the code, in its order")
    func pageMatches() throws {
        let page = Self.root.appendingPathComponent("docs/attacks.md")
        if ProcessInfo.processInfo.environment["OBIS_WRITE_DOCS"] != nil {
            try Self.rendered().write(to: page, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: page, encoding: .utf8)
        let rows = written.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| ") }.dropFirst(2)
        #expect(Array(rows) == Self.rows())
    }

    @Test("every code of an attack stands in docs/errors.md")
    func codesExist() throws {
        let page = try String(contentsOf: Self.root.appendingPathComponent("docs/errors.md"), encoding: .utf8)
        for attack in Attack.allCases {
            #expect(page.contains("| `\(attack.code)` |"), "\(attack.name): \(attack.code)")
        }
    }
}
