import Dispatch
import Glibc
import Labels
import LineProtocol
import StationCore
import Vocabulary

/// The label printer's spool folder: for each unit a JSON line, an SVG and a ZPL file, mode 0600, named by the serial. The
/// spooler may take them as soon as they have their names; nothing here reads them again.
public struct LabelSpool: Sendable {
    let folder: String
    private let productName: String

    public init(folder: String, productName: String) {
        self.folder = folder
        self.productName = String(productName.prefix(32))
    }

    /// Returns the ZPL that the printer gets; it holds the passcode. Throws `station.label.unwritable`, `label.*`.
    func write(_ label: LabelContent) async throws -> String {
        let device = try DeviceLabel(
            qr: label.qr,
            manualCode: label.manualCode,
            serial: label.serial,
            productName: productName
        )
        let path = folder + "/" + label.serial.text
        return try await Self.onThread {
            try Self.write(try LabelRecord.line(device), to: path + ".json")
            try Self.write(Array(try SVGLabel.render(device).utf8), to: path + ".svg")
            let zpl = ZPLLabel.render(device)
            try Self.write(Array(zpl.utf8), to: path + ".zpl")
            return zpl
        }
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
}
