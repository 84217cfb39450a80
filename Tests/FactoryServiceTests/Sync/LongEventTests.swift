import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import FactoryService

@Suite struct LongEventTests {
    @Test("an event that is too long is told by its length and digest, any other as it is")
    func told() {
        let most = String(repeating: "x", count: SyncLimits.longestEvent)
        #expect(RecordTape.told(most, as: 7) == most)
        let line = RecordTape.told(most + "y", as: 7)
        let digest = Digest256.of((most + "y").utf8)
        #expect(line == #"{"kind":"too-long","number":7,"octets":8193,"sha256":"\#(digest.hex)"}"#)
    }
}
