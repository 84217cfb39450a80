internal import Foundation
internal import Vocabulary

/// Files that hold one DER value, as it is or as PEM (RFC 7468).
public enum EncodedInput {
    /// Largest file that is looked at, octets.
    public static let sizeLimit = 16_384

    /// The DER inside. Text before and after the one PEM block is ignored, as other programs write it.
    ///
    /// Throws `verify.input.too-large` and `verify.input.pem`.
    public static func der(_ bytes: [UInt8]) throws -> [UInt8] {
        guard bytes.count <= sizeLimit else {
            throw Refusal(VerifyError.inputTooLarge, "\(bytes.count) octets, limit \(sizeLimit)")
        }
        if bytes.first == 0x30 {
            // Text can begin with a 0, too: a short length must be that of the whole file then.
            let length = bytes.count > 1 ? bytes[1] : 0
            if length >= 0x80 || length < 0x20 || bytes.count == 2 + Int(length) { return bytes }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Refusal(VerifyError.inputNotPEM) }
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let starts = lines.indices.filter { lines[$0].hasPrefix("-----BEGIN ") && lines[$0].hasSuffix("-----") }
        guard starts.count == 1, let start = starts.first,
            let end = lines.firstIndex(of: lines[start].replacingOccurrences(of: "BEGIN", with: "END")), end > start,
            let der = Data(base64Encoded: lines[(start + 1)..<end].joined())
        else { throw Refusal(VerifyError.inputNotPEM) }
        return Array(der)
    }
}
