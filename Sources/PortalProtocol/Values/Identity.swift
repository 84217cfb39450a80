public import Vocabulary

public enum OrganisationKind: String, Codable, Sendable, Hashable, CaseIterable {
    case oem
    case odm
}

/// What a person may do. The first three count in the OEM's organisation only, the others in an ODM's.
public enum Role: String, Codable, Sendable, Hashable, CaseIterable {
    case oemAdmin
    case oemSecurityOfficer
    case oemViewer
    case odmEngineer
    case odmProductionManager

    public var kind: OrganisationKind {
        switch self {
        case .oemAdmin, .oemSecurityOfficer, .oemViewer: .oem
        case .odmEngineer, .odmProductionManager: .odm
        }
    }
}

/// What a token may be used for: `read` for GET and HEAD, `write` for all else.
public enum TokenScope: String, Codable, Sendable, Hashable, CaseIterable {
    case read
    case write
}

/// Ids that the portal makes: a letter, a dash and 96 random bits in hexadecimal.
public protocol ObjectID: Identifier { static var letter: String { get } }

extension ObjectID {
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        let bytes = (0..<12).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return Self(validated: "\(letter)-\(Hex.encode(bytes))")
    }

    public static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }
}

public struct OrganisationID: ObjectID {
    public static let letter = "o"
    public let text: String
    public init(validated text: String) { self.text = text }
}

public struct PersonID: ObjectID {
    public static let letter = "p"
    public let text: String
    public init(validated text: String) { self.text = text }
}

public struct TokenID: ObjectID {
    public static let letter = "t"
    public let text: String
    public init(validated text: String) { self.text = text }
}

public struct InvitationID: ObjectID {
    public static let letter = "i"
    public let text: String
    public init(validated text: String) { self.text = text }
}

public struct BatchID: ObjectID {
    public static let letter = "b"
    public let text: String
    public init(validated text: String) { self.text = text }
}
