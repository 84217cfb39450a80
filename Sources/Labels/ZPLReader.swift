/// Reads back what a ZPL label tells the printer to draw.
public enum ZPLReader {
    /// The content of the first QR field (`^BQ … ^FDMA,` … `^FS`), its `_XX` escapes resolved; nil where there is none.
    public static func code(in text: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.contains("^BQ") }),
            let start = line.firstRange(of: "^FDMA,"), let end = line[start.upperBound...].firstRange(of: "^FS")
        else { return nil }
        var bytes: [UInt8] = []
        var rest = line[start.upperBound..<end.lowerBound].utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "_") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
