import Foundation
import KeyCustody
import PKCS11Token
import TestSupport
import Testing
import Vocabulary

/// Table, page and token say the same of every key.
@Suite struct KeyPolicyTests {
    @Test func everyRoleHasASectionAndEverySectionARole() throws {
        let page = try KeyPolicyPage.read()
        #expect(Set(page.sections.keys) == Set(KeyRole.allCases.map(\.rawValue)))
    }

    @Test(arguments: KeyRole.allCases)
    func pageAndTableAgree(role: KeyRole) throws {
        let rows = try #require(KeyPolicyPage.read().sections[role.rawValue])
        let stated = KeyPolicy.of(role).objects.flatMap { object, attributes in
            attributes.map { KeyPolicyPage.Row(object: object.rawValue, attribute: $0.rawValue, value: $1.description) }
        }
        #expect(Set(rows) == Set(stated))
        #expect(rows.count == stated.count, "no attribute stands twice")
    }

    @Test(arguments: KeyRole.allCases.filter { KeyPolicy.of($0).origin == .generated })
    func tokenAndTableAgree(role: KeyRole) async throws {
        let token = try await SharedToken.portal()
        let name = KeyName(role, "policy")
        try await token.generate(name)
        #expect(try await token.attributes(of: name) == KeyPolicy.of(role).objects)
    }

    @Test func importedAndTrustedKeysAgree() async throws {
        let pair = try await TransportPair.shared()
        #expect(
            try await pair.portal.attributes(of: pair.trusted) == KeyPolicy.of(.trustedTransport).objects
        )
        for (product, imported) in [
            (KeyRole.productFleetKey, KeyRole.importedFleetKey), (.productMasterKey, .importedMasterKey),
        ] {
            try await pair.portal.generate(KeyName(product, "policy"))
            let wrapped = try await pair.portal.wrap(KeyName(product, "policy"), under: pair.trusted)
            try await pair.edge.unwrap(wrapped, with: pair.transport, as: KeyName(imported, "policy"))
            #expect(
                try await pair.edge.attributes(of: KeyName(imported, "policy")) == KeyPolicy.of(imported).objects
            )
        }
    }

    @Test func everySecretIsSensitiveFixedAndOfOneUse() {
        for role in KeyRole.allCases {
            for (object, attributes) in KeyPolicy.of(role).objects {
                #expect(attributes[.modifiable] == .flag(false))
                let copied: Set<KeyRole> = [.importedFleetKey, .importedMasterKey]
                #expect(attributes[.copyable] == .flag(copied.contains(role)))
                guard object != .publicKey else { continue }
                #expect(attributes[.sensitive] == .flag(true))
                #expect(attributes[.decrypt] == .flag(false))
                let exportable: Set<KeyRole> = [.productFleetKey, .productMasterKey, .importedFleetKey]
                #expect(attributes[.extractable] == .flag(exportable.contains(role)))
            }
        }
    }
}

/// `docs/key-policies.md`: a section `## `role`` for each role, in it a table of object, attribute, value and reason.
struct KeyPolicyPage {
    struct Row: Hashable {
        let object: String
        let attribute: String
        let value: String
    }

    let sections: [String: [Row]]

    static func read() throws -> KeyPolicyPage {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/key-policies.md"), encoding: .utf8)
        var sections: [String: [Row]] = [:]
        var role: String?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") {
                let title = line.dropFirst(3)
                role = title.hasPrefix("`") && title.hasSuffix("`") ? String(title.dropFirst().dropLast()) : nil
                if let role { sections[role] = [] }
            } else if let role, line.hasPrefix("| "), line.contains("CKA_") {
                let cells = line.split(separator: "|", omittingEmptySubsequences: true)
                    .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
                try #require(cells.count == 4, "a row of \(role) has not four cells: \(line)")
                try #require(!cells[3].isEmpty, "a row of \(role) has no reason: \(line)")
                sections[role]?.append(Row(object: cells[0], attribute: cells[1], value: cells[2]))
            }
        }
        return KeyPolicyPage(sections: sections)
    }
}
