import PortalProtocol
import Vocabulary

/// A mask of ADAC permissions (DEN0101) as people read it: bit n is bit n % 8 of octet n / 8.
struct DebugPermissions {
    /// What the bits mean to the chip families of this release, from bit 0 on.
    private static let words = ["read flash", "write flash", "see secure memory", "wipe"]

    private let hex: String
    init(_ mask: SixteenOctets) { hex = mask.text }

    /// `read flash, write flash, wipe`; what has no word is counted, nothing is left out.
    var words: String {
        guard let octets = try? Hex.decode(hex) else { return hex }
        let bits = octets.enumerated().flatMap { index, octet in
            (0..<8).filter { octet >> UInt8($0) & 1 == 1 }.map { index * 8 + $0 }
        }
        if bits.isEmpty { return "none" }
        if bits.count == octets.count * 8 { return "everything that the chip has" }
        let others = bits.filter { $0 >= Self.words.count }
        let known = bits.filter { $0 < Self.words.count }.map { Self.words[$0] }
        let rest = others.isEmpty ? [] : ["\(others.count) that have no name here"]
        return (known + rest).joined(separator: ", ")
    }

    /// The words, and the mask without its zeros at the end.
    var markup: Markup {
        let end = hex.lastIndex { $0 != "0" }.map { hex.distance(from: hex.startIndex, to: $0) + 1 } ?? 0
        let kept = max(4, end + end % 2)
        let short = kept < hex.count ? "0x\(hex.prefix(kept))…" : "0x\(hex)"
        return .sub(.text(words), "<code class=\"digest\" title=\"\(hex)\">\(short)</code>")
    }
}
