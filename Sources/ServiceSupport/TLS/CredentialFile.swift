import SwiftASN1
public import Vocabulary

/// Certificate and key files, read with a bound and, where they hold secrets, with a check of their mode.
public enum CredentialFile {
    /// Largest credential file, in octets.
    public static let largest = 65_536

    /// The certificates of a PEM file in DER, in file order, 1 to 8. Throws `tls.file.*`.
    public static func certificates(_ path: String) throws -> [[UInt8]] {
        let text = String(decoding: try read(path, secret: false), as: UTF8.self)
        guard let documents = try? PEMDocument.parseMultiple(pemString: text), (1...8).contains(documents.count),
            documents.allSatisfy({ $0.discriminator == "CERTIFICATE" })
        else { throw Refusal(ServiceSupportError.credentialMalformed, "\(path): 1 to 8 PEM certificates wanted") }
        return documents.map(\.derBytes)
    }

    /// The octets of a file that its owner alone can read: a private key, a PIN. Throws `tls.file.*`.
    public static func secret(_ path: String) throws -> Secret {
        var bytes = try read(path, secret: true)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        return Secret(bytes)
    }

    private static func read(_ path: String, secret: Bool) throws -> [UInt8] {
        do {
            return try BoundedFile.read(path, largest: largest, ownerOnly: secret)
        } catch let failure {
            switch failure {
            case .unreadable(let why): throw Refusal(ServiceSupportError.credentialUnreadable, "\(path): \(why)")
            case .exposed(let why): throw Refusal(ServiceSupportError.credentialExposed, "\(path): \(why)")
            case .tooLarge:
                throw Refusal(ServiceSupportError.credentialMalformed, "\(path): larger than \(largest) octets")
            }
        }
    }
}
