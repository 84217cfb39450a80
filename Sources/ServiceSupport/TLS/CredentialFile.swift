import Glibc
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

    /// Opened once and judged by its descriptor, so that the file can't be swapped between check and use.
    private static func read(_ path: String, secret: Bool) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw Refusal(ServiceSupportError.credentialUnreadable, "\(path): errno \(errno)") }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(ServiceSupportError.credentialUnreadable, "\(path): not a regular file")
        }
        guard status.st_size <= largest else {
            throw Refusal(ServiceSupportError.credentialMalformed, "\(path): larger than \(largest) octets")
        }
        if secret {
            guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
                let mode = String(status.st_mode & 0o7777, radix: 8)
                throw Refusal(ServiceSupportError.credentialExposed, "\(path): mode \(mode), owner \(status.st_uid)")
            }
        }
        return try contents(file, path)
    }

    private static func contents(_ file: Int32, _ path: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: largest + 1)
        var used = 0
        while used < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file, buffer.baseAddress?.advanced(by: used), buffer.count - used)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Refusal(ServiceSupportError.credentialUnreadable, "\(path): errno \(errno)")
            }
            if count == 0 { break }
            used += count
        }
        guard used <= largest else {
            throw Refusal(ServiceSupportError.credentialMalformed, "\(path): larger than \(largest) octets")
        }
        defer { for index in bytes.indices { bytes[index] = 0 } }
        return Array(bytes[..<used])
    }
}
