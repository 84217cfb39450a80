import Crypto
import CryptoExtras
import Foundation
import Statements
import VirtualChip
import Vocabulary

/// The secrets that a scan looks for, by name. It only grows: a key that a chip has no more must not lie about either.
struct SecretCatalogue: Sendable {
    private(set) var secrets: [String: [UInt8]] = [:]

    /// OTA keys, imported with known values.
    mutating func add(_ product: ProductPlan, chips: [ChipRack.Chip]) throws {
        guard let text = product.knownKey else { return }
        let key = try Hex.decode(text)
        secrets["OTA key of \(product.name)"] = key
        guard product.keyKind == "perUnit" else { return }
        for chip in chips { secrets["OTA key of \(product.name) \(chip.uid)"] = try Self.derived(key, chip.uid) }
    }

    /// A unit's key under a slot's master: one AES block (docs/key-policies.md).
    private static func derived(_ master: [UInt8], _ uid: ChipUID) throws -> [UInt8] {
        var block = Array(Digest256.of(Array("obis-slot-key-v1ota".utf8) + uid.bytes).bytes.prefix(16))
        try AES.permute(&block, key: SymmetricKey(data: master))
        return block
    }

    /// What the microscope sees in the chips now.
    mutating func add(chips: [ChipRack.Chip]) throws {
        for chip in chips {
            for finding in try VirtualChipInspector.secrets(folder: chip.folder) {
                let bytes = finding.secret.withBytes { Array($0) }
                let name = "\(finding.name) key of chip \(chip.uid)"
                if let known = secrets[name], known != bytes { secrets[name + " before"] = known }
                secrets[name] = bytes
            }
        }
    }

    /// The PINs of all tokens: of the OEM, its officers and the EdgeHSM.
    mutating func addPINs(under folder: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name.hasSuffix("pin") {
            let text = String(decoding: try Files.read(folder + "/" + name), as: UTF8.self)
            secrets["PIN \(name)"] = Array(text.trimmingCharacters(in: .newlines).utf8)
        }
    }

    var patterns: [ScanPattern] { secrets.flatMap { ScanPattern.all(of: $0.key, $0.value) } }

    /// True where a product key that was derived here stands in a chip: the scan looks for the right octets.
    func agrees(with chips: [ChipRack.Chip], of product: ProductPlan) -> Bool {
        !chips.isEmpty
            && chips.allSatisfy {
                let expected = secrets["OTA key of \(product.name) \($0.uid)"] ?? secrets["OTA key of \(product.name)"]
                return expected != nil && secrets["product/ota key of chip \($0.uid)"] == expected
            }
    }
}
