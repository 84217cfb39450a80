public import KeyCustody
import Vocabulary

/// A token as a file or a ceremony names it: where it is and which files hold its PIN. No PIN stands in it.
public struct TokenReference: Codable, Sendable, Hashable {
    /// Path of the PKCS#11 module.
    public let module: String
    public let label: String
    /// One file with the user PIN …
    public let pinFile: String?
    /// … or several, one a person, whose contents are joined in this order, so that nobody holds the PIN alone.
    public let pinFiles: [String]?
    /// The security officer's PIN, for ceremonies only.
    public let officerPINFile: String?
    public let officerPINFiles: [String]?
    /// Manufacturer ids that count as hardware.
    public let hardwareManufacturers: [String]?
    /// Hash of OAEP with which product keys leave, as the EdgeHSM's token is configured; absent: `sha1`.
    public let transportHash: TransportHash?

    public init(
        module: String,
        label: String,
        pinFile: String? = nil,
        pinFiles: [String]? = nil,
        officerPINFile: String? = nil,
        officerPINFiles: [String]? = nil,
        hardwareManufacturers: [String]? = nil,
        transportHash: TransportHash? = nil
    ) {
        self.module = module
        self.label = label
        self.pinFile = pinFile
        self.pinFiles = pinFiles
        self.officerPINFile = officerPINFile
        self.officerPINFiles = officerPINFiles
        self.hardwareManufacturers = hardwareManufacturers
        self.transportHash = transportHash
    }

    /// Throws `ceremony.token.pin-files` unless exactly one way is used.
    public func userPINs() throws -> [String] { try Self.files(pinFile, pinFiles, "pin", label) }
    public func officerPINs() throws -> [String] {
        try Self.files(officerPINFile, officerPINFiles, "officerPIN", label)
    }

    private static func files(_ one: String?, _ several: [String]?, _ field: String, _ label: String) throws -> [String]
    {
        switch (one, several) {
        case (.some(let path), nil): return [path]
        case (nil, .some(let paths)) where (1...8).contains(paths.count) && Set(paths).count == paths.count:
            return paths
        default: throw Refusal(GovernanceError.pinFiles, "token \(label): \(field)File or \(field)Files")
        }
    }
}

/// How the work of this module reaches tokens. A program joins it to PKCS#11.
public protocol TokenAccess: Sendable {
    /// Opens the token, runs `body`, and closes it again, also when `body` throws: PKCS#11 keeps one login for each
    /// process and token, and a user's login would keep the security officer out.
    func withToken<Result: Sendable>(
        _ reference: TokenReference,
        _ body: @Sendable (any Token) async throws -> Result
    ) async throws -> Result
    /// The security officer of a token; usable while the token is not open.
    func officer(of reference: TokenReference) throws -> any TokenOfficer
    /// Makes an empty token of this label with its PINs.
    func initialize(_ reference: TokenReference) async throws
}

extension TokenAccess {
    /// False when no token of this label is present.
    public func isPresent(_ reference: TokenReference) async throws -> Bool {
        do {
            try await withToken(reference) { _ in }
            return true
        } catch let refusal as Refusal where refusal.has(KeyCustodyError.tokenUnknown) {
            return false
        }
    }
}
