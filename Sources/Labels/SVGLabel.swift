import Vocabulary

/// A label as SVG 1.1: QR code with its quiet zone, below it product, manual code and serial.
public enum SVGLabel {
    /// User units a module; the text is sized in the same units.
    private static let module = 10

    /// Throws `label.symbol.failed`.
    public static func render(_ label: DeviceLabel) throws -> String {
        let symbol = try QRSymbol(label.qr)
        let side = (symbol.width + 2 * QRSymbol.quietZone) * module
        let lines = [label.productName, label.readableManualCode, label.serial.text]
        let lineHeight = side / 12
        let height = side + lines.count * lineHeight + lineHeight / 2
        // Digits and capitals are about 0.6 em wide in a monospaced face: the longest line must fit.
        let widest = lines.map(\.count).max() ?? 1
        let fontSize = min(lineHeight * 4 / 5, side * 10 / (6 * max(widest, 1) + 6))
        let texts = lines.enumerated().map { index, text in
            let baseline = side + (index + 1) * lineHeight - lineHeight / 4
            return "<text x=\"\(side / 2)\" y=\"\(baseline)\">\(escape(text))</text>"
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" version="1.1" viewBox="0 0 \(side) \(height)">
            <rect width="\(side)" height="\(height)" fill="#ffffff"/>
            <path fill="#000000" d="\(path(symbol))"/>
            <g font-family="monospace" font-size="\(fontSize)" text-anchor="middle" fill="#000000">
            \(texts.joined(separator: "\n"))
            </g>
            </svg>

            """
    }

    /// One rectangle for each run of dark modules.
    private static func path(_ symbol: QRSymbol) -> String {
        (0..<symbol.width).flatMap { row in
            symbol.runs(inRow: row).map { run in
                let (x, y) = ((run.start + QRSymbol.quietZone) * module, (row + QRSymbol.quietZone) * module)
                return "M\(x) \(y)h\(run.length * module)v\(module)h-\(run.length * module)z"
            }
        }.joined()
    }

    static func escape(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
    }
}
