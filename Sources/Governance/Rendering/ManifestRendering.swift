public import Statements
import Vocabulary

/// A manifest in words, field by field, as officers and engineers compare it. Every field has its line: what is not
/// shown could change unseen.
public enum ManifestRendering {
    public static func lines(_ manifest: Manifest) -> [StatementRendering.Line] {
        let words =
            identity(manifest) + firmware(manifest.firmware) + commissioning(manifest.commissioning)
            + factoryData(manifest.factoryData) + security(manifest)
        return words.map { StatementRendering.Line(field: $0.0, words: SafeText.shown($0.1)) }
    }

    private static func identity(_ manifest: Manifest) -> [(String, String)] {
        [
            ("product", "\(manifest.product)"), ("version", manifest.version),
            ("Matter ids", "vendor \(manifest.vendorID), product \(manifest.productID)"),
            ("device type", hexadecimal(manifest.deviceType)), ("chip family", manifest.family),
        ]
    }

    private static func firmware(_ firmware: Manifest.Firmware) -> [(String, String)] {
        [
            ("firmware", "\(firmware.format), \(firmware.size) octets, SHA-256 \(firmware.digest)"),
            ("firmware key", StatementWords.key(firmware.verificationKey)),
            ("software version", "\(firmware.softwareVersion)"),
        ]
    }

    private static func commissioning(_ values: Manifest.Commissioning) -> [(String, String)] {
        let flow =
            switch values.flow {
            case 0: "standard"
            case 1: "user intent"
            default: "custom"
            }
        let ways = ["", "Bluetooth", "the network", "Wi-Fi PAF", "NFC", "Thread"].enumerated()
            .filter { $0.offset > 0 && values.discovery & 1 << $0.offset != 0 }.map(\.element)
        return [
            ("commissioning flow", flow),
            ("discovered by", ways.isEmpty ? "nothing" : ways.joined(separator: ", ")),
            ("discovery bits", hexadecimal(UInt32(values.discovery))),
            ("passcode verifier", "\(values.iterations) rounds"),
        ]
    }

    private static func factoryData(_ data: Manifest.FactoryData) -> [(String, String)] {
        [
            ("factory data", data.encoding), ("vendor name", quoted(data.vendorName)),
            ("product name", quoted(data.productName)), ("product label", quoted(data.productLabel)),
            ("product URL", quoted(data.productURL)), ("part number", quoted(data.partNumber)),
            ("hardware version", "\(data.hardwareVersion), \(quoted(data.hardwareVersionString))"),
        ]
    }

    private static func security(_ manifest: Manifest) -> [(String, String)] {
        let security = manifest.chipSecurity
        var lines = [("chip identity", manifest.chipIdentity.rawValue)]
        lines += manifest.vendorRoots.enumerated().map {
            ("vendor root \($0.offset + 1)", "SHA-256 \(Digest256.of($0.element.bytes))")
        }
        lines += manifest.keys.map { key in
            let kind = key.kind == .fleet ? "one key for all units" : "a key for each unit"
            return ("key slot \(key.slot)", "\(kind), check value \(key.checkValue)")
        }
        lines += [
            ("secure boot fuse", "SHA-256 \(security.secureBootKey)"), ("debug root", "SHA-256 \(security.debugRoot)"),
            ("debug class", "\(security.socClass)"), ("debug permissions", security.debugPermissions),
            ("opened debug port", security.openPortReadsKeys ? "can read the key store" : "can not read keys"),
            ("declaration", "SHA-256 \(manifest.certificationDeclaration)"),
            ("PAA", "SHA-256 \(Digest256.of(manifest.paa.bytes))"),
        ]
        return lines
    }

    private static func quoted(_ text: String) -> String { text.isEmpty ? "empty" : "“\(text)”" }

    private static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Text of others, for people to read and judge.
public enum SafeText {
    /// Letters, digits, signs and plain spaces as they are; everything that could hide or turn round what stands there
    /// (control, format and direction characters, unusual spaces) as `\u{…}`.
    public static func shown(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += escaped(scalar)
            case .spaceSeparator where scalar != " ": result += escaped(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func escaped(_ scalar: UnicodeScalar) -> String {
        "\\u{\(String(scalar.value, radix: 16))}"
    }
}
