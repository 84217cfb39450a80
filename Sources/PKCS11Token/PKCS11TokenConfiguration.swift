public import KeyCustody
import Vocabulary

/// How to reach one token.
public struct PKCS11TokenConfiguration: Sendable, Hashable {
    /// Path of the PKCS#11 module, `/usr/lib/softhsm/libsofthsm2.so`.
    public let modulePath: String
    /// The token's label, matched whole.
    public let label: String
    public let pinSource: PINSource
    /// Sessions, each with a thread of its own; 1 to 32.
    public let sessions: Int
    /// Calls that may wait beyond those that run; 0 to 4096. More are refused with `key.queue.full`.
    public let queueLimit: Int
    public let transportHash: TransportHash
    /// Manufacturer ids (as the token says them) whose tokens count as hardware. A token whose manufacturer is not named
    /// here is `software`, and SoftHSM is `software` whatever stands here.
    public let hardwareManufacturers: Set<String>
    /// A file that is locked as long as the token is open, so that one process alone uses it. For an EdgeHSM's token.
    public let exclusiveLockPath: String?
    /// Longest that a call into the module may take before the token counts as failing.
    public let callDeadline: Duration

    public init(
        modulePath: String,
        label: String,
        pinSource: PINSource,
        sessions: Int = 4,
        queueLimit: Int = 256,
        transportHash: TransportHash = .sha1,
        hardwareManufacturers: Set<String> = [],
        exclusiveLockPath: String? = nil,
        callDeadline: Duration = .seconds(15)
    ) {
        self.modulePath = modulePath
        self.label = label
        self.pinSource = pinSource
        self.sessions = sessions
        self.queueLimit = queueLimit
        self.transportHash = transportHash
        self.hardwareManufacturers = hardwareManufacturers
        self.exclusiveLockPath = exclusiveLockPath
        self.callDeadline = callDeadline
    }

    func validate() throws {
        let wrong: String? =
            switch self {
            case _ where !modulePath.hasPrefix("/"): "modulePath is not absolute"
            case _ where !(1...32).contains(label.utf8.count): "label has not 1 to 32 octets"
            case _ where !(1...32).contains(sessions): "sessions is not 1 to 32"
            case _ where !(0...4096).contains(queueLimit): "queueLimit is not 0 to 4096"
            default: nil
            }
        if let wrong { throw Refusal(KeyCustodyError.configurationMalformed, wrong) }
    }

    func assurance(manufacturer: String) -> TokenAssurance {
        guard !manufacturer.lowercased().contains("softhsm") else { return .software }
        return hardwareManufacturers.contains(manufacturer) ? .hardware : .software
    }
}
