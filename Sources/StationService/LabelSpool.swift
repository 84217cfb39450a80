import Dispatch
import Glibc
import Labels
public import LineProtocol
public import StationCore
import Synchronization
import Vocabulary

/// The label printer's spool folder: for each unit a JSON line, an SVG and a ZPL file, mode 0600, named by the serial.
/// The stand-in for a scanner reads what the ZPL file tells the printer to draw.
public struct LabelSpool: LabelDesk {
    private let folder: String
    private let productName: String

    public init(folder: String, productName: String) {
        self.folder = folder
        self.productName = String(productName.prefix(32))
    }

    public func printLabel(_ label: LabelContent) async throws {
        let device = try DeviceLabel(
            qr: label.qr,
            manualCode: label.manualCode,
            serial: label.serial,
            productName: productName
        )
        let path = folder + "/" + label.serial.text
        try await Self.onThread {
            try Self.write(try LabelRecord.line(device), to: path + ".json")
            try Self.write(Array(try SVGLabel.render(device).utf8), to: path + ".svg")
            try Self.write(Array(ZPLLabel.render(device).utf8), to: path + ".zpl")
        }
    }

    public func scanLabel(_ label: LabelContent) async throws -> String {
        let path = folder + "/" + label.serial.text + ".zpl"
        let text = try await Self.onThread { String(decoding: try Self.read(path), as: UTF8.self) }
        guard let code = Self.code(inZPL: text) else {
            throw Refusal(StationError.labelMismatch, "no code in the label of \(label.serial)")
        }
        return code
    }

    /// The content of the first QR field (`^BQ … ^FDMA,` … `^FS`), its `_XX` escapes resolved.
    static func code(inZPL text: String) -> String? {
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
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static let queue = DispatchQueue(label: "obis.station.labels", attributes: .concurrent)

    private static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    /// Whole or not at all, so that the printer takes no half label.
    private static func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = path + ".part"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Refusal(StationError.labelUnwritable, "errno \(errno)") }
        defer { close(file) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Refusal(StationError.labelUnwritable, "errno \(errno)") }
            done += count
        }
        guard rename(temporary, path) == 0 else { throw Refusal(StationError.labelUnwritable, "errno \(errno)") }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw Refusal(StationError.labelMismatch, "no label was printed, errno \(errno)") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        guard count > 0 else { throw Refusal(StationError.labelMismatch, "the label is empty") }
        return Array(bytes[..<count])
    }
}
