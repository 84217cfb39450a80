import EdgeHSMDaemon
import KeyCustody
import ServiceSupport
import Testing
import Vocabulary

@Suite("The configuration of an EdgeHSM")
struct ConfigurationTests {
    private func load(_ token: String) throws -> EdgeConfiguration {
        let text = """
            {"edgeHSM":"edge-1","factory":"site-1","profile":"lab","dataDirectory":"/var/lib/edgehsm",
            "token":{"module":"/m.so","label":"t","pinFile":"/pin","sessions":1\(token)},
            "listenHost":"127.0.0.1","listenPort":0,"serverNames":["localhost"],
            "operatorSocket":"/run/edgehsm/operator.sock","operatorUIDs":[0]}
            """
        return try ConfigurationFile.decode(EdgeConfiguration.self, from: Array(text.utf8), named: "test")
    }

    @Test("the hash under which product keys arrive can be chosen, and is no other than the two there are")
    func transportHash() throws {
        #expect(try load("").token.transportHash == nil)
        #expect(try load(#","transportHash":"sha1""#).token.transportHash == .sha1)
        #expect(try load(#","transportHash":"sha256""#).token.transportHash == .sha256)
        #expect(throws: Refusal.self) { try load(#","transportHash":"md5""#) }
        #expect(throws: Refusal.self) { try load(#","transportHsh":"sha1""#) }
    }

    @Test("the file of an officer's PIN is named by its absolute path")
    func officerPIN() throws {
        #expect(try load("").token.officerPINFile == nil)
        let named = try load(#","officerPINFile":"/so-pin""#)
        #expect(named.token.officerPINFile == "/so-pin")
        try named.validate()
        #expect(throws: Refusal.self) { try load(#","officerPINFile":"so-pin""#).validate() }
    }
}
