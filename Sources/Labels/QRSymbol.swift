import CQRencode
import Vocabulary

/// A QR code (ISO/IEC 18004), error correction level M, made by libqrencode.
struct QRSymbol: Sendable {
    /// Light modules around the symbol, as the standard wants.
    static let quietZone = 4

    /// Modules on a side, without quiet zone.
    let width: Int
    private let dark: [Bool]

    /// Throws `label.symbol.failed`. Text of capitals, digits and `-.:` takes the denser alphanumeric mode.
    init(_ text: String) throws {
        guard let code = unsafe QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1) else {
            throw Refusal(LabelError.symbolFailed)
        }
        defer { unsafe QRcode_free(code) }
        let width = unsafe Int(code.pointee.width)
        guard (21...177).contains(width), let data = unsafe code.pointee.data else {
            throw Refusal(LabelError.symbolFailed, "\(width) modules")
        }
        // Bit 0 of each octet is the colour of the module.
        dark = unsafe UnsafeBufferPointer(start: data, count: width * width).map { $0 & 1 == 1 }
        self.width = width
    }

    /// False outside the symbol.
    func isDark(row: Int, column: Int) -> Bool {
        guard (0..<width).contains(row), (0..<width).contains(column) else { return false }
        return dark[row * width + column]
    }

    /// Runs of dark modules in a row, as (first column, length).
    func runs(inRow row: Int) -> [(start: Int, length: Int)] {
        var runs: [(start: Int, length: Int)] = []
        for column in 0..<width where isDark(row: row, column: column) {
            if let last = runs.last, last.start + last.length == column {
                runs[runs.count - 1].length += 1
            } else {
                runs.append((column, 1))
            }
        }
        return runs
    }
}
