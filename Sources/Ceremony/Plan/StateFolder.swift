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
    static func withdrawn(_ edge: EdgeHSMID) -> String { "withdrawn/\(edge).json" }
    /// - Parameter renewal: 0 for the first of a preparation.
    static func certificates(_ edge: EdgeHSMID, _ product: ProductName, renewal: Int) -> String {
        renewal == 0
            ? "products/\(edge)/\(product).json" : "products/\(edge)/renewed/\(padded(renewal))/\(product).json"
    }

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

    /// What the officers' orders that people have put into `orders` took out of force. Throws a `StatementError`.
    func revocations(_ history: [Verified<RoleKeys>]) throws -> OfficersRevocations {
        try OfficersRevocations(OfficersRevocations.orders(in: full("orders")), history: history)
    }

    /// Every EdgeHSM that a ceremony enrolled, whether or not a ceremony file still lists it.
    func enrolments() throws -> [EdgeHSMEnrolment] {
        try StateFile.names(in: full("enrolments")).filter { $0.hasSuffix(".json") }.map { name in
            let bytes = try StateFile.read(full("enrolments/\(name)"), limit: Envelope.largest)
            return try EdgeHSMEnrolment.read(payload: Envelope(parsing: bytes).payload)
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

/// Left behind where the portal token's security officer took the trust from an EdgeHSM's transport key.
struct WithdrawnTransport: Codable, Hashable {
    let edgeHSM: EdgeHSMID
    /// The key's name in the portal token.
    let transport: String
}
