import FactoryBox
import Foundation
import PortalCore
import Testing

/// `docs/attacks.md` equals the list that the demo plays, and every code in it exists.
@Suite("Attack list")
struct AttackListTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func rows() -> [String] {
        Attack.allCases.map {
            "| \($0.name) | \($0.facts.maker) | \($0.facts.isAlarm ? "alarm " : "")`\($0.code)` | \($0.facts.mended) |"
        }
    }

    private static func rendered() -> String {
        """
        # What must be refused

        `make demo` makes each of these attacks with a real client on a real socket, or with the real command line, and
        with everything valid but the attacked thing. It fails unless the refusal carries exactly this code, and unless the
        same request with only that mended is accepted. What nobody can refuse, a journal that does not come, must raise its
        alarm, and end it once the journal comes. They are played by an OEM of their own, at an EdgeHSM of their own
        (`edge-2`) and a portal of their own, so that the figures of production stay what they are; most are played with a
        product whose chips have no certificate of their vendor, the hardest case. `obis-demo attack` plays them alone.

        What a stolen portal makes is made by another program with the portal's token and PIN (`obis-demo thief`, in debug
        builds alone), which looks at no total. What a factory does to its journal is done with the keys that its Factory
        Service has, at the portal's sync listener or by a stick.

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
            if attack.facts.isAlarm {
                #expect(AlarmKind(rawValue: attack.code) != nil, "\(attack.name): \(attack.code)")
                continue
            }
            #expect(page.contains("| `\(attack.code)` |"), "\(attack.name): \(attack.code)")
        }
    }
}
