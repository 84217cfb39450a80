import Crypto
import Foundation
import Statements
import Vocabulary

/// Fixed keys of these tests. Their scalars are SHA-256 of their names: public test keys, good for nothing else.
struct TestSigner {
    let name: String
    let key: P256.Signing.PrivateKey

    init(_ name: String) throws {
        self.name = name
        key = try P256.Signing.PrivateKey(rawRepresentation: Data(Digest256.of("obis test key \(name)".utf8).bytes))
    }

    var point: P256Point { P256Point(validated: Array(key.publicKey.x963Representation)) }

    func signature(over envelope: Envelope) throws -> Envelope.Signature {
        let value = try key.signature(for: Data(envelope.signedBytes))
        return Envelope.Signature(keyID: point.keyID, value: try RawSignature(Array(value.rawRepresentation)))
    }
}

extension Envelope {
    func signed(by signers: TestSigner...) throws -> Envelope {
        try signers.reduce(self) { $0.adding(try $1.signature(over: self)) }
    }
}

/// The code of the refusal that `body` throws; nil when it throws nothing; any other error counts as a defect.
func refusal(of body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let refusal as Refusal {
        return refusal.code
    } catch {
        return "DEFECT: \(error)"
    }
}
