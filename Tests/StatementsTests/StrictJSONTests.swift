import Foundation
import Statements
import Testing
import Vocabulary

@Suite struct StrictJSONTests {
    private func code(_ text: String, limit: Int = 1_000) -> String? {
        refusal { try StrictJSON.check(Array(text.utf8), limit: limit) }
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "-12", "\"\"", "[1,2,{\"a\":[{}]}]",
        #"{"a":"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"}"#, " \n\t\r{ \"a\" : 1 } ", "9007199254740991",
        "{\"ключ\":1}".replacingOccurrences(of: "ключ", with: "key"), "\"ключ\"",
    ])
    func acceptsStrictJSON(text: String) { #expect(code(text) == nil) }

    @Test(arguments: [
        ("", "statement.json.malformed"), ("{", "statement.json.malformed"), ("[1,]", "statement.json.malformed"),
        ("{\"a\":1,}", "statement.json.malformed"), ("{a:1}", "statement.json.malformed"),
        ("{'a':1}", "statement.json.malformed"), ("01", "statement.json.malformed"), ("-", "statement.json.malformed"),
        ("+1", "statement.json.malformed"), ("nul", "statement.json.malformed"), ("{} {}", "statement.json.malformed"),
        ("\"\u{1}\"", "statement.json.malformed"), ("\"\\x\"", "statement.json.malformed"),
        ("\"abc", "statement.json.malformed"), (#""\ud800""#, "statement.json.malformed"),
        (#""\udc00""#, "statement.json.malformed"), (#""\ud800\u0041""#, "statement.json.malformed"),
        (#"{"\u0061":1}"#, "statement.json.malformed"), ("{\"é\":1}", "statement.json.malformed"),
        ("NaN", "statement.json.malformed"), ("// x\n1", "statement.json.malformed"),
        ("{\"a\":1,\"a\":1}", "statement.json.duplicate-key"),
        ("[{\"b\":{\"a\":1,\"c\":2,\"a\":3}}]", "statement.json.duplicate-key"),
        ("1.0", "statement.json.forbidden-number"), ("1e2", "statement.json.forbidden-number"),
        ("1E+2", "statement.json.forbidden-number"), ("9007199254740992", "statement.json.forbidden-number"),
        ("-9007199254740992", "statement.json.forbidden-number"),
        ("99999999999999999999999999", "statement.json.forbidden-number"),
    ])
    func refusesTheRest(text: String, expected: String) { #expect(code(text) == expected, "\(text)") }

    @Test func boundsDepthAndSize() {
        let fits = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        #expect(code(fits) == nil)
        #expect(code("[" + fits + "]") == "statement.json.too-deep")
        #expect(code(String(repeating: "[", count: 1_000)) == "statement.json.too-deep")
        #expect(code("[\(String(repeating: " ", count: 98))]", limit: 100) == nil)
        #expect(code("[\(String(repeating: " ", count: 99))]", limit: 100) == "statement.size.too-large")
        #expect(refusal { try StrictJSON.check([0x22, 0xFF, 0x22], limit: 10) } == "statement.json.malformed")
        #expect(refusal { try StrictJSON.check([0x22, 0xC0, 0x80, 0x22], limit: 10) } == "statement.json.malformed")
    }
}
