import FoundationEssentials
public import KeyCustody
public import ServiceSupport
import Statements
public import Vocabulary

/// The TLS server certificate and the site CA, kept in the data folder: public octets, made anew where they are lost.
public enum ServerCertificateFile {
    /// A server certificate is renewed at a start when less than this is left, in seconds.
    static let renewBefore: Int64 = 90 * 86_400
    /// Longest life of a server certificate, in seconds.
    static let lifetime: Int64 = 397 * 86_400

    /// The certificates on file, or new ones where there are none, where they are not of this configuration's names,
    /// where they are from the future (a clock was ahead), or where their end is near.
    ///
    /// - Parameter now: trusted time where there is one.
    public static func renewed(
        configuration: EdgeConfiguration,
        execution: any Execution,
        now: Instant
    ) async throws -> ServerCertificates {
        let path = configuration.certificatesPath
        if let kept = read(path), kept.names == configuration.serverNames, kept.isFresh(at: now) {
            return kept.certificates
        }
        let certificates = try await execution.issueServerCertificates(
            edgeHSM: configuration.edgeHSM,
            names: configuration.serverNames,
            at: now
        )
        let file = File(names: configuration.serverNames, madeAt: now, certificates: certificates)
        do {
            try Data(StatementCoding.encode(file)).write(to: URL(filePath: path), options: .atomic)
        } catch { throw Refusal(EdgeDaemonError.noServerCertificate, "\(path) can not be written") }
        return certificates
    }

    /// Chain and token key for the TLS server.
    public static func identity(_ certificates: ServerCertificates, token: any Token) async throws -> TLSIdentity {
        let key = try await token.signingKey(KeyName(.edgeTLS))
        return try TLSIdentity(
            chain: [certificates.server.bytes, certificates.siteCA.bytes],
            key: .custom(publicKey: key.publicKey, sign: { try await key.sign($0) })
        )
    }

    private struct File: Codable {
        let names: [String]
        let madeAt: Instant
        let certificates: ServerCertificates

        /// A certificate is valid from 5 minutes before it was made.
        func isFresh(at now: Instant) -> Bool {
            madeAt + -300 <= now && now < madeAt + (lifetime - renewBefore)
        }
    }

    private static func read(_ path: String) -> File? {
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= 64 * 1024,
            (try? StrictJSON.check(Array(data), limit: 64 * 1024)) != nil
        else { return nil }
        return try? StatementCoding.decode(File.self, from: Array(data))
    }
}
