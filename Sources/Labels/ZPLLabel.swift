import Vocabulary

/// A label in Zebra's ZPL II, for 203 or 300 dpi printers. The printer makes the QR code itself.
public enum ZPLLabel {
    /// `^BQN,2,M`: model 2, magnification 1 to 10 dots a module. `^FDMA,…`: error level M, automatic input mode.
    ///
    /// - Parameter magnification: clamped to 1...10.
    public static func render(_ label: DeviceLabel, magnification: Int = 5) -> String {
        let dots = min(max(magnification, 1), 10)
        let side = 45 * dots
        let lines = [label.productName, label.readableManualCode, label.serial.text]
        let texts = lines.enumerated().map { index, text in
            "^FO20,\(side + 20 + index * 30)^A0N,24,24^FH_^FD\(escape(text))^FS"
        }
        let symbol = "^FO20,10^BQN,2,\(dots)^FH_^FDMA,\(escape(label.qr))^FS"
        // ^CI28: field data is UTF-8.
        return (["^XA", "^CI28", symbol] + texts + ["^XZ"]).joined(separator: "\n") + "\n"
    }

    /// With `^FH_` every octet may stand as `_XX`: so do the control prefixes `^`, `~`, the underscore itself, the
    /// backslash, and everything outside ASCII.
    static func escape(_ text: String) -> String {
        let hexDigits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { escaped, octet in
            let isPlain = (0x20...0x7d).contains(octet) && !"^_\\".utf8.contains(octet)
            if isPlain {
                escaped.unicodeScalars.append(UnicodeScalar(octet))
            } else {
                escaped += "_" + [hexDigits[Int(octet >> 4)], hexDigits[Int(octet & 15)]]
            }
        }
    }
}
