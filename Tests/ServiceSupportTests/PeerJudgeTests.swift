import Crypto
import Foundation
import SwiftASN1
import Testing
import Vocabulary
import X509

@testable import ServiceSupport

@Suite struct PeerJudgeTests {
    private func judge(_ pki: TestPKI, _ credential: TestCredential, at time: Instant = testTime) async -> String {
        await code {
            try PeerJudge(authorities: [pki.authority.der], purpose: .client, now: { time }).judge(credential.der)
        }
    }

    @Test func readsWhatTheCertificateSays() throws {
        let pki = try TestPKI()
        let station = try pki.issue("line-3", role: "station", dnsName: "line-3.example")
        let peer = try PeerJudge(authorities: [pki.authority.der], purpose: .client, now: { testTime })
            .judge(station.der)
        #expect(peer.commonName == "line-3" && peer.organizationalUnit == "station")
        #expect(peer.fingerprint == station.fingerprint && peer.der == station.der)
        #expect(peer.notBefore == testTime + -3_600 && peer.notAfter == testTime + 3_600)
        #expect(peer.publicKeyDigest == station.publicKeyDigest)
        #expect(peer.dnsNames == ["line-3.example"])
        #expect(peer.publicKey.bytes == Array(station.key.publicKey.x963Representation))
    }

    @Test func timeIsInclusiveAndTheAuthoritysCountsToo() async throws {
        let pki = try TestPKI()
        let station = try pki.issue("a", role: "station")
        #expect(await judge(pki, station, at: testTime + 3_600).hasPrefix("no error"))
        #expect(await judge(pki, station, at: testTime + 3_601) == "tls.peer.expired")
        #expect(await judge(pki, station, at: testTime + -3_600).hasPrefix("no error"))
        #expect(await judge(pki, station, at: testTime + -3_601) == "tls.peer.not-yet-valid")
        let old = try TestPKI(notAfter: testTime + -10)
        #expect(await judge(old, try old.issue("a", role: "station")) == "tls.peer.expired")
    }

    @Test func wrongCertificatesAreRefusedWithTheirReason() async throws {
        let pki = try TestPKI()
        let other = try TestPKI()
        #expect(await judge(pki, try other.issue("a", role: "station")) == "tls.peer.untrusted")
        #expect(await judge(pki, try pki.issue("a", role: "station", usage: .serverAuth)) == "tls.peer.purpose")
        #expect(await judge(pki, try pki.issue("a", role: "station", isAuthority: true)) == "tls.peer.malformed")
        #expect(await judge(pki, try pki.issue("a", role: "station", critical: [1, 2, 3])) == "tls.peer.malformed")
        #expect(await judge(pki, try pki.issue("", role: "station")) == "tls.peer.malformed")
        #expect(await judge(pki, try pki.issue("a", role: "stätion")) == "tls.peer.malformed")
        #expect(await judge(pki, pki.authority) == "tls.peer.malformed")
    }

    @Test func anyFlippedBitIsRefused() async throws {
        let pki = try TestPKI()
        let station = try pki.issue("line-3", role: "station")
        let judge = try PeerJudge(authorities: [pki.authority.der], purpose: .client, now: { testTime })
        for index in station.der.indices {
            for bit in 0..<8 {
                var bytes = station.der
                bytes[index] ^= 1 << UInt8(bit)
                #expect(throws: Refusal.self, "octet \(index), bit \(bit)") { try judge.judge(bytes) }
            }
            await Task.yield()
        }
        // Also where the bits that would be unused are zero, which the parser alone accepts.
        for _ in 0..<50 {
            let other = try pki.issue("line-3", role: "station")
            guard let last = other.der.last, last.isMultiple(of: 2) else { continue }
            var bytes = other.der
            bytes[bytes.count - other.signatureLength - 1] = 1
            #expect(throws: Refusal.self) { try judge.judge(bytes) }
        }
        for length in stride(from: 0, to: station.der.count, by: 7) {
            #expect(throws: Refusal.self) { try judge.judge(Array(station.der[..<length])) }
        }
        #expect(throws: Refusal.self) { try judge.judge(station.der + [0]) }
        #expect(throws: Refusal.self) { try judge.judge([UInt8](repeating: 0x30, count: 10_000)) }
    }

    @Test func authorityMustBeOne() async throws {
        let pki = try TestPKI()
        let leaf = try pki.issue("a", role: "station")
        for authorities in [[], [leaf.der], [[1, 2, 3]]] {
            #expect(
                await code { try PeerJudge(authorities: authorities, purpose: .client, now: { testTime }) }
                    == "tls.file.malformed"
            )
        }
    }

    @Test func keyFilesMustBePrivate() async throws {
        let folder = try TestFolder()
        let files = try TestPKI().issue("a", role: "station").write(to: folder.url, as: "a")
        #expect(await code { try CredentialFile.secret(files.key).count }.hasPrefix("no error"))
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: files.key)
            #expect(await code { try CredentialFile.secret(files.key).count } == "tls.file.exposed", "\(mode)")
        }
        #expect(await code { try CredentialFile.secret(folder.url.path + "/none") } == "tls.file.unreadable")
        #expect(await code { try CredentialFile.secret(folder.url.path) } == "tls.file.unreadable")
        #expect(await code { try CredentialFile.certificates(files.key) } == "tls.file.malformed")
        let large = folder.url.path + "/large"
        try Data(repeating: 10, count: 65_537).write(to: URL(fileURLWithPath: large))
        #expect(await code { try CredentialFile.certificates(large) } == "tls.file.malformed")
    }
}
