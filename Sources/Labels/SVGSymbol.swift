/// The QR code of a text alone, as SVG 1.1 for a screen: black on white in every theme, so that cameras read it.
public enum SVGSymbol {
    /// Throws `label.symbol.failed`.
    public static func render(_ text: String) throws -> String {
        let symbol = try QRSymbol(text)
        let side = symbol.width + 2 * QRSymbol.quietZone
        let path = (0..<symbol.width).flatMap { row in
            symbol.runs(inRow: row).map { run in
                "M\(run.start + QRSymbol.quietZone) \(row + QRSymbol.quietZone)h\(run.length)v1h-\(run.length)z"
            }
        }.joined()
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" viewBox=\"0 0 \(side) \(side)\" "
            + "shape-rendering=\"crispEdges\"><rect width=\"\(side)\" height=\"\(side)\" fill=\"#ffffff\"/>"
            + "<path fill=\"#000000\" d=\"\(path)\"/></svg>"
    }
}
