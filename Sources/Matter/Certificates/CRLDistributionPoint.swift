internal import SwiftASN1
internal import Vocabulary

/// Where an attestation certificate says that its issuer's revocations are published (Matter 6.2.4, optional).
///
/// A form that Matter does not allow is not an error of the certificate: the value simply counts as not found.
public struct CRLDistributionPoint: Sendable, Hashable {
    /// Longest URI, characters.
    public static let longestURI = 100

    /// The one URI, `http://` or `https://`; nil when there is none, more than one, or one that is not allowed.
    public let uri: String?
    /// DER Name of the one directoryName in cRLIssuer; nil when there is none or more than one.
    public let issuer: [UInt8]?

    /// Decodes the extension's value; nil unless it is exactly one distribution point.
    init?(_ value: ArraySlice<UInt8>) {
        guard var points = try? DERReader(value, fault: .certificateMalformed),
            var point = try? points.constructed(), points.isAtEnd
        else { return nil }
        var uri: String?
        var issuer: [UInt8]?
        if point.peek == .context(0) {
            guard var name = try? point.constructed(.context(0)) else { return nil }
            uri = Self.uri(&name)
        }
        if point.peek == .context(1) { _ = try? point.any() }
        if point.peek == .context(2) {
            guard var names = try? point.constructed(.context(2)) else { return nil }
            issuer = Self.directoryName(&names)
        }
        guard point.isAtEnd else { return nil }
        self.uri = uri
        self.issuer = issuer
    }

    private static func uri(_ name: inout DERReader) -> String? {
        guard var names = try? name.constructed(.context(0)), name.isAtEnd,
            let content = try? names.primitive(.context(6)), names.isAtEnd, content.count <= longestURI,
            content.allSatisfy({ (0x21...0x7E).contains($0) }),
            let text = String(validating: content, as: UTF8.self),
            text.hasPrefix("http://") || text.hasPrefix("https://")
        else { return nil }
        return text
    }

    private static func directoryName(_ names: inout DERReader) -> [UInt8]? {
        guard var wrapper = try? names.constructed(.context(4)), names.isAtEnd,
            let name = try? wrapper.next(.sequence), wrapper.isAtEnd
        else { return nil }
        return Array(name.encodedBytes)
    }
}
