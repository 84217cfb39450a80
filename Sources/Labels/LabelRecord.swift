import FoundationEssentials
import Vocabulary

/// The label as one line of JSON, for printers and stores that take records: sorted keys, no spaces, LF at the end.
public enum LabelRecord {
    private struct Line: Encodable {
        let manualCode: String
        let productName: String
        let qr: String
        let serial: DeviceSerial
    }

    public static func line(_ label: DeviceLabel) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(
            manualCode: label.manualCode,
            productName: label.productName,
            qr: label.qr,
            serial: label.serial
        )
        return try Array(encoder.encode(line)) + [UInt8(ascii: "\n")]
    }
}
