import Foundation
import PortalProtocol
import Statements
import Testing
import Vocabulary

private enum Colour: String, Codable, CaseIterable, Sendable { case red, green }

private struct Inner: Codable, Sendable, Hashable {
    let digest: Digest256
    let colour: Colour?
}

private struct Outer: Codable, Sendable, Hashable {
    let name: ProductName
    let time: Instant
    let many: [Inner]
    let byName: [String: Int]
    let vendor: VendorID
    let limit: PageLimit?
    let envelope: Envelope?
}

@Suite("Schemas derived from types")
struct SchemaTests {
    private func tree(_ value: JSONValue) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(StatementCoding.encode(value))) as? NSDictionary)
    }

    @Test("a struct's fields, optionals, lists, dictionaries, scalars and enumerations")
    func derivesAll() throws {
        let schema = try JSONSchema.of(Outer.self)
        let components = schema.components
        let outer = try tree(try #require(components.first { $0.key.hasSuffix("Outer") }?.value))
        #expect(Set(outer["required"] as? [String] ?? []) == ["name", "time", "many", "byName", "vendor"])
        #expect(outer["additionalProperties"] as? Bool == false)
        let properties = try #require(outer["properties"] as? [String: NSDictionary])
        #expect(Set(properties.keys) == ["name", "time", "many", "byName", "vendor", "limit", "envelope"])
        #expect(properties["vendor"]?["maximum"] as? Int == 65_535)
        #expect(properties["limit"]?["maximum"] as? Int == 200)
        #expect(properties["name"]?["pattern"] as? String == "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
        #expect((properties["byName"]?["additionalProperties"] as? NSDictionary)?["type"] as? String == "integer")
        let inner = try tree(try #require(components.first { $0.key.hasSuffix("Inner") }?.value))
        let fields = try #require(inner["properties"] as? [String: NSDictionary])
        #expect(fields["colour"]?["enum"] as? [String] == ["red", "green"])
        #expect(fields["digest"]?["pattern"] as? String == "^[0-9a-f]{64}$")
        #expect(components.keys.contains("Envelope"))
    }

    @Test(
        "a body that is not what the type says is refused with the field's name",
        arguments: [
            (#"{"digest":"00"}"#, "digest"), (#"{}"#, "digest"), (#"{"digest":null}"#, "digest"),
            (#"{"digest":7}"#, "digest"), (#"{"digest":"D","colour":"blue"}"#, "colour"),
            (#"{"digest":"D","extra":1}"#, "extra"), (#"{"digest":"D","digest":"D"}"#, "body"), (#"[]"#, "body"),
            (#"{"digest":"D"} x"#, "body"), (#"{"digest":"D","colour":["red"]}"#, "colour"),
        ]
    )
    func refusesAndNames(_ text: String, _ field: String) throws {
        let body = text.replacingOccurrences(of: "\"D\"", with: "\"\(Digest256.zero.hex)\"")
        let decoding = try StrictDecoding(Inner.self, limit: 1_000)
        let refusal = #expect(throws: Refusal.self) { try decoding.decode(Array(body.utf8)) }
        #expect(refusal?.code == "portal.request.malformed")
        #expect(refusal?.detail.hasPrefix(field + ":") == true, "\(refusal?.detail ?? "")")
    }

    @Test("a nested unknown field is named by its path")
    func namesNestedFields() throws {
        struct List: Codable, Sendable { let items: [Inner] }
        let decoding = try StrictDecoding(List.self, limit: 1_000)
        let body = #"{"items":[{"digest":"\#(Digest256.zero.hex)"},{"digest":"xy"}]}"#
        let refusal = #expect(throws: Refusal.self) { try decoding.decode(Array(body.utf8)) }
        #expect(refusal?.detail.hasPrefix("items.1.digest:") == true, "\(refusal?.detail ?? "")")
        #expect(throws: Refusal.self) { try decoding.decode([UInt8](repeating: 0x20, count: 1_001)) }
    }

    @Test("what a value encodes to is decoded again, through the same strictness")
    func roundTrip() throws {
        let value = Outer(
            name: try ProductName("lamp"),
            time: Instant(seconds: 1_767_225_600),
            many: [Inner(digest: .zero, colour: .green), Inner(digest: .zero, colour: nil)],
            byName: ["a": 1],
            vendor: VendorID(0xFFF1),
            limit: try PageLimit(7),
            envelope: nil
        )
        #expect(try StrictDecoding(Outer.self, limit: 10_000).decode(StatementCoding.encode(value)) == value)
    }

    @Test("a type that says nothing of its form is refused, not guessed")
    func refusesTheUnderivable() {
        struct Opaque: Decodable, Sendable {
            init(from decoder: any Decoder) throws { _ = try decoder.unkeyedContainer() }
        }
        #expect(throws: Refusal.self) { try JSONSchema.of(Opaque.self) }
    }

    @Test("base64url: what was encoded comes back, anything else does not")
    func base64URL() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64URL.encode(bytes)
            let standard = Data(bytes).base64EncodedString().replacingOccurrences(of: "=", with: "")
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            #expect(text == standard)
            #expect(Base64URL.decode(text) == bytes)
            #expect(Base64URL.decode(text + "=") == nil)
        }
        #expect(Base64URL.decode("AB") == nil, "bits after the last octet must be zero")
    }
}
