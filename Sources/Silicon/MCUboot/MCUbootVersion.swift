/// The version in an MCUboot header; as text `major.minor.revision+build`.
public struct MCUbootVersion: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    public let major: UInt8
    public let minor: UInt8
    public let revision: UInt16
    public let build: UInt32

    public init(major: UInt8, minor: UInt8, revision: UInt16, build: UInt32 = 0) {
        self.major = major
        self.minor = minor
        self.revision = revision
        self.build = build
    }

    public var description: String { "\(major).\(minor).\(revision)+\(build)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.revision, left.build) < (right.major, right.minor, right.revision, right.build)
    }
}
