import Foundation
import Statements
import Testing
import Vocabulary

@Suite struct EnvelopeTests {
    @Test func preAuthenticationEncodingIsDSSE() {
        // The example of the DSSE specification, protocol.md.
        let encoding = Envelope.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld",
            payload: Array("hello world".utf8)
        )
        #expect(
            String(decoding: encoding, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        )
    }

    private func code(_ text: String) -> String? { refusal { _ = try Envelope(parsing: Array(text.utf8)) } }

    private func signed() throws -> (Envelope, TestSigner) {
        let signer = try TestSigner("edge")
        return (try Samples.status().unsigned().signed(by: signer), signer)
    }

    @Test func refusesEnvelopesOfAnotherForm() throws {
        #expect(code("{}") == "statement.envelope.malformed")
        #expect(code(#"{"payloadType":"t","payload":"e30=","signatures":{}}"#) == "statement.envelope.malformed")
        #expect(code(#"{"payloadType":"t","payload":"e30=","signatures":[]}"#) == nil)
        for payload in ["e30", "e30=\\n", "e31=", "e3 0=", "-_8="] {
            #expect(
                code("{\"payloadType\":\"t\",\"payload\":\"\(payload)\",\"signatures\":[]}")
                    == "statement.base64.malformed",
                "\(payload)"
            )
        }
        let der =
            "{\"payloadType\":\"t\",\"payload\":\"e30=\",\"signatures\":[{\"keyid\":\"\(Digest256.zero)\",\"sig\":\"AAAA\"}]}"
        #expect(code(der) == "statement.envelope.malformed")
        let (envelope, signer) = try signed()
        let signature = try signer.signature(over: envelope)
        let crowd = Envelope(
            payloadType: envelope.payloadType,
            payload: envelope.payload,
            signatures: [Envelope.Signature](repeating: signature, count: 17)
        )
        #expect(refusal { _ = try Envelope(parsing: crowd.serialized()) } == "statement.envelope.malformed")
    }

    @Test func aSignatureCoversTypeAndPayload() throws {
        let (envelope, signer) = try signed()
        #expect(refusal { _ = try Verified<PortalStatus>(envelope, signedBy: signer.point) } == nil)
        let other = Envelope(
            payloadType: envelope.payloadType,
            payload: envelope.payload + [0x20],
            signatures: envelope.signatures
        )
        #expect(
            refusal { _ = try Verified<PortalStatus>(other, signedBy: signer.point) } == "statement.signature.invalid"
        )
        let stranger = try TestSigner("stranger")
        #expect(
            refusal { _ = try Verified<PortalStatus>(envelope, signedBy: stranger.point) }
                == "statement.signature.missing"
        )
        // The right signature under the wrong type, and the wrong type named in the right envelope.
        let relabelled = Envelope(
            payloadType: Checkpoint.payloadType,
            payload: envelope.payload,
            signatures: envelope.signatures
        )
        #expect(
            refusal { _ = try Verified<Checkpoint>(relabelled, signedBy: signer.point) }
                == "statement.signature.invalid"
        )
        #expect(
            refusal { _ = try Verified<Checkpoint>(envelope, signedBy: signer.point) } == "statement.type.unexpected"
        )
        let v2 = try Envelope(
            payloadType: "application/vnd.obis.portal-status.v2+json",
            payload: envelope.payload,
            signatures: []
        ).signed(by: signer)
        #expect(
            refusal { _ = try Verified<PortalStatus>(v2, signedBy: signer.point) } == "statement.type.unexpected"
        )
    }

    @Test func boundsAndDemandsAreChecked() throws {
        let signer = try TestSigner("edge")
        func code(_ text: String) throws -> String? {
            let envelope = try Envelope(
                payloadType: PortalStatus.payloadType,
                payload: Array(text.utf8),
                signatures: []
            ).signed(by: signer)
            return refusal { _ = try Verified<PortalStatus>(envelope, signedBy: signer.point) }
        }
        let good = String(decoding: try Samples.status().payload(), as: UTF8.self)
        #expect(try code(good) == nil)
        #expect(try code(good + String(repeating: " ", count: 400 * 1024)) == "statement.size.too-large")
        #expect(try code("{\"future\":1,\(good.dropFirst())") == nil, "an unknown field that demands nothing")
        #expect(
            try code("{\"mustUnderstand\":[\"future\"],\"future\":1,\(good.dropFirst())")
                == "statement.content.not-understood"
        )
        #expect(try code("[]") == "statement.field.missing")
    }

    @Test func everyCodeOfTheCatalogueIsReached() throws {
        var reached: Set<String> = []
        func note(_ body: () throws -> Void) { if let code = refusal(of: body) { reached.insert(code) } }
        for text in ["{", "{\"a\":1,\"a\":2}", String(repeating: "[", count: 99), "1.5"] {
            note { try StrictJSON.check(Array(text.utf8), limit: 100) }
        }
        note { try StrictJSON.check([0x30, 0x30], limit: 1) }
        note { _ = try Octets(base64: "x") }
        note { _ = try Envelope(parsing: Array("{}".utf8)) }
        let (envelope, signer) = try signed()
        note { _ = try Verified<Checkpoint>(envelope, signedBy: signer.point) }
        note { _ = try Verified<PortalStatus>(envelope, signedBy: TestSigner("stranger").point) }
        let altered = Envelope(
            payloadType: envelope.payloadType,
            payload: envelope.payload + [0x20],
            signatures: envelope.signatures
        )
        note { _ = try Verified<PortalStatus>(altered, signedBy: signer.point) }
        note { _ = try PortalStatus.read(payload: Array("{}".utf8)) }
        note { _ = try PortalStatus.read(payload: Array("{\"mustUnderstand\":[\"x\"]}".utf8)) }
        note { try Samples.roleKeys(threshold: 1).validate() }
        note { _ = try Verified<PortalStatus>(envelope, signedByOfficersOf: Samples.roleKeys()) }
        #expect(reached == Set(StatementError.allCases.map(\.rawValue)))
    }
}
