public import Programmers
public import Vocabulary

/// The microscope of tests: reads from a chip's folder what no command returns. For key scans and for tests that must
/// know what a chip really holds; no product code uses it.
public enum VirtualChipInspector {
    public struct Finding: Sendable {
        /// `signing`, `agreement`, `next`, `vendor`, or `product/SLOT`.
        public let name: String
        public let secret: Secret
    }

    /// Every key that the chip holds now. Throws `chip.state.absent`, `chip.state.malformed`.
    public static func secrets(folder: String) throws -> [Finding] {
        let state = try ChipStorage.read(folder)
        var found: [(String, String)] = []
        if let keys = state.keys { found += [("signing", keys.signing), ("agreement", keys.agreement)] }
        if let next = state.next { found.append(("next", next.signing)) }
        if let vendor = state.vendor { found.append(("vendor", vendor.scalar)) }
        found += state.productKeys.sorted { $0.key < $1.key }.map { ("product/" + $0.key, $0.value) }
        return try found.map { name, hex in try Finding(name: name, secret: Secret(Hex.decode(hex))) }
    }

    /// The certificates that the chip was given; nil before. Throws `chip.state.absent`, `chip.state.malformed`.
    public static func credentials(folder: String) throws -> ChipCredentials? {
        try ChipStorage.read(folder).credentials
    }
}
