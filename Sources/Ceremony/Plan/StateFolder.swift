import FoundationEssentials
import Governance
public import Statements
public import Vocabulary

/// The folder in which a ceremony's public results live. Nothing in it is secret.
public struct StateFolder: Sendable, Hashable {
    public let path: String
    public init(_ path: String) { self.path = path }

    func full(_ name: String) -> String { "\(path)/\(name)" }

    static func roleKeys(_ version: Int) -> String { "role-keys/\(padded(version)).json" }
    static func transcript(_ number: Int) -> String { "transcripts/\(padded(number)).json" }
    static let pending = "transcripts/pending.json"
    static func paa(_ vendor: VendorID) -> String { "paa/\(vendor).der" }
    static let debugRoot = "debug/root.adac"
    static func firmwareKey(_ name: KeySlot) -> String { "firmware-signing/\(name).pem" }
    static func productKey(_ key: CeremonyFile.ProductKey) -> String {
        "product-keys/\(key.product)/\(key.version)/\(key.slot).json"
    }
    static func enrolment(_ edge: EdgeHSMID) -> String { "enrolments/\(edge).json" }
    static func certificates(_ edge: EdgeHSMID, _ product: ProductName) -> String { "products/\(edge)/\(product).json" }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// All RoleKeys from version 1, each verified under the one before. Throws a `StatementError`.
    public func roleKeysHistory() throws -> [Verified<RoleKeys>] {
        let names = StateFile.names(in: full("role-keys"))
        return try RoleKeysHistory.verify(
            names.filter { $0.hasSuffix(".json") }.map {
                try Envelope(parsing: StateFile.read(full("role-keys/\($0)"), limit: Envelope.largest))
            }
        )
    }

    /// Officers' orders that people have put into `orders`: those that declare role keys compromised count here.
    func orders() throws -> [Envelope] {
        try StateFile.names(in: full("orders")).filter { $0.hasSuffix(".json") }.map {
            try Envelope(parsing: StateFile.read(full("orders/\($0)"), limit: Envelope.largest))
        }
    }

    func transcripts() throws -> [Envelope] {
        try StateFile.names(in: full("transcripts")).filter { $0.hasSuffix(".json") && $0 != "pending.json" }.map {
            try Envelope(parsing: StateFile.read(full("transcripts/\($0)"), limit: Envelope.largest))
        }
    }

    /// Every file and link in the folder, by its path from there, sorted.
    func files() throws -> [String] {
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in StateFile.names(in: full(folder)) {
                let place = folder.isEmpty ? name : "\(folder)/\(name)"
                // A link is a file here, wherever it leads.
                let kind = try? FileManager.default.attributesOfItem(atPath: full(place))[.type] as? FileAttributeType
                if kind == .typeDirectory { folders.append(place) } else { found.append(place) }
            }
        }
        return found.sorted()
    }

    func read(_ name: String, limit: Int = Envelope.largest) throws -> [UInt8]? {
        StateFile.exists(full(name)) ? try StateFile.read(full(name), limit: limit) : nil
    }
}

/// The public half of a product key, as a ceremony writes it and `obis manifest` reads it.
public struct ProductKeyRecord: Codable, Sendable, Hashable {
    public let product: ProductName
    public let version: String
    public let slot: KeySlot
    public let kind: Manifest.Key.Kind
    /// AES-CMAC check value, 16 octets in hexadecimal.
    public let checkValue: String
    /// True for a key whose value is known outside the token; lab only.
    public let importedInClear: Bool
}
