public import Vocabulary

/// What stands on a unit's label. The manual code and the QR payload hold the passcode: keep labels in memory, send them
/// to the printer, and put them in no log and no argument list.
public struct DeviceLabel: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// Matter onboarding payload, `MT:` and base-38 characters.
    public let qr: String
    /// 11 or 21 digits.
    public let manualCode: String
    public let serial: DeviceSerial
    /// Printed as a heading; 1 to 32 characters without control characters.
    public let productName: String

    /// Throws `label.field.invalid`.
    public init(qr: String, manualCode: String, serial: DeviceSerial, productName: String) throws {
        let base38 = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.".utf8)
        guard qr.hasPrefix("MT:"), (22...255).contains(qr.utf8.count), qr.dropFirst(3).utf8.allSatisfy(base38.contains)
        else { throw Refusal(LabelError.fieldInvalid, "QR payload") }
        guard [11, 21].contains(manualCode.utf8.count),
            manualCode.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw Refusal(LabelError.fieldInvalid, "manual code") }
        guard (1...32).contains(productName.count), productName.utf8.count <= 128,
            productName.unicodeScalars.allSatisfy(Self.isPrintable)
        else { throw Refusal(LabelError.fieldInvalid, "product name") }
        self.qr = qr
        self.manualCode = manualCode
        self.serial = serial
        self.productName = productName
    }

    /// No control characters, and none of the noncharacters that XML forbids.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value) && scalar.value & 0xfffe != 0xfffe
    }

    /// The manual code as people read it (Matter 5.1.4.1): `1234-567-8901`, or all 21 digits in groups.
    public var readableManualCode: String {
        let groups = manualCode.count == 11 ? [4, 3, 4] : [4, 3, 4, 5, 5]
        var rest = manualCode[...]
        return groups.map { count in
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }.joined(separator: "-")
    }

    public var description: String { "label of \(serial): <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
