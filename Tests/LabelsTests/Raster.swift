import Foundation
import TestSupport

/// The QR code of a label's SVG as pixels: reads the path's rectangles (`Mx yhWvHh-Wz`, 10 units a module).
struct Raster {
    /// Modules on a side, quiet zone included.
    let side: Int
    /// (column, row) of each dark module.
    let dark: [(Int, Int)]

    init(svg: String) throws {
        let viewBox = try required(svg.firstMatch(of: /viewBox="0 0 (\d+) (\d+)"/))
        side = (Int(viewBox.1) ?? 0) / 10
        dark = svg.matches(of: /M(\d+) (\d+)h(\d+)v10h-(\d+)z/).flatMap { match -> [(Int, Int)] in
            let (x, y, width) = (Int(match.1) ?? 0, Int(match.2) ?? 0, Int(match.3) ?? 0)
            return (0..<(width / 10)).map { (x / 10 + $0, y / 10) }
        }
    }

    /// A grey picture (PGM, binary), 6 pixels a module.
    var pgm: [UInt8] {
        let (scale, pixels) = (6, side * 6)
        var picture = [UInt8](repeating: 255, count: pixels * pixels)
        for (column, row) in dark {
            for y in (row * scale)..<((row + 1) * scale) {
                for x in (column * scale)..<((column + 1) * scale) { picture[y * pixels + x] = 0 }
            }
        }
        return Array("P5\n\(pixels) \(pixels)\n255\n".utf8) + picture
    }
}

struct NotFound: Error {}

private func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw NotFound() }
    return value
}

/// Well-formedness by another program's parser.
enum XMLCheck {
    static func parse(_ text: String) throws -> Bool {
        let script = "import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.buffer.read())"
        return try Subprocess.run("/usr/bin/python3", ["-c", script], input: Data(text.utf8)).status == 0
    }
}
