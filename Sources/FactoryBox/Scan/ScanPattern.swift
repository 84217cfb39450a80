import Foundation
import Vocabulary

/// The forms in which a secret might lie about.
enum ScanEncoding: String, Sendable, CaseIterable {
    case raw
    case reversed
    case lowerHex = "hex"
    case upperHex = "HEX"
    /// As it stands in base64 text when it begins 0, 1 or 2 octets after a multiple of three.
    case base64At0 = "base64+0"
    case base64At1 = "base64+1"
    case base64At2 = "base64+2"

    /// Text or octets that contain `bytes` in this form, as a careless program would write it.
    func written(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .raw: bytes
        case .reversed: bytes.reversed()
        case .lowerHex: Array(Hex.encode(bytes).utf8)
        case .upperHex: Array(Hex.encode(bytes).uppercased().utf8)
        case .base64At0, .base64At1, .base64At2:
            Array(Data([UInt8](repeating: 0x2A, count: shift) + bytes).base64EncodedString().utf8)
        }
    }

    /// The part of `written` that does not depend on what stands before and after the secret.
    func pattern(_ bytes: [UInt8]) -> [UInt8] {
        guard Self.base64.contains(self) else { return written(bytes) }
        let whole = (shift + bytes.count) * 8 / 6
        let first = [0, 2, 3][shift]
        return Array(written(bytes)[first..<whole])
    }

    private static let base64: [ScanEncoding] = [.base64At0, .base64At1, .base64At2]
    private var shift: Int { Self.base64.firstIndex(of: self) ?? 0 }
}

/// One thing to look for, in one form.
struct ScanPattern: Sendable, Hashable {
    let subject: String
    let encoding: ScanEncoding
    let bytes: [UInt8]

    /// All forms of a secret of at least 8 octets. Base64 is looked for in both alphabets.
    static func all(of subject: String, _ bytes: [UInt8]) -> [ScanPattern] {
        ScanEncoding.allCases.flatMap { encoding -> [ScanPattern] in
            let pattern = encoding.pattern(bytes)
            let urlSafe = pattern.map { octet -> UInt8 in
                switch octet {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: octet
                }
            }
            let isText = encoding.rawValue.hasPrefix("base64")
            return (isText && urlSafe != pattern ? [pattern, urlSafe] : [pattern]).map {
                ScanPattern(subject: subject, encoding: encoding, bytes: $0)
            }
        }
    }
}
