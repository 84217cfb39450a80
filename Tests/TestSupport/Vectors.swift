internal import Foundation

/// Conformance data that other projects published: a folder beside the package, or wherever `OBIS_VECTORS` says.
public enum Vectors {
    /// Nil where there is none and none is named; then the tests that need it are skipped and say so.
    public static let folder: String? = {
        let named = ProcessInfo.processInfo.environment["OBIS_VECTORS"]
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidate = named ?? root.appendingPathComponent("../shared/vectors").standardizedFileURL.path
        if FileManager.default.fileExists(atPath: candidate + "/manifest.json") { return candidate }
        // A folder that somebody named and that is none would pass as a run without vectors.
        if let named { fatalError("OBIS_VECTORS has no manifest.json: \(named)") }
        return nil
    }()

    public static var arePresent: Bool { folder != nil }
    public static let absence = "no conformance vectors: set OBIS_VECTORS to their folder"

    /// The absolute path of one file.
    public static func path(_ relative: String) throws -> String {
        guard let folder else { throw Missing(path: relative) }
        return folder + "/" + relative
    }

    public static func bytes(_ relative: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(relative))))
    }

    public static func json<Value: Decodable>(_ type: Value.Type, _ relative: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes(relative)))
    }

    /// The entries of the manifest of one kind; empty where there is no folder.
    public static func entries(_ kind: String) -> [Entry] { all.filter { $0.kind == kind } }

    /// Every kind that the manifest has.
    public static var kinds: Set<String> { Set(all.map(\.kind)) }

    private static let all: [Entry] = (try? json([Entry].self, "manifest.json")) ?? []

    public struct Missing: Error {
        public let path: String

        public init(path: String) { self.path = path }
    }

    /// One line of `manifest.json`.
    public struct Entry: Decodable, Sendable, CustomStringConvertible {
        public let path: String
        public let kind: String
        public let expected: String
        public let reason: String
        public let checkAs: String?
        public let root: String?
        public let intermediate: String?
        public let leaf: String?
        public let reference: String?
        public let evaluated: String?
        public let uri: String?
        public let crlIssuerSubjectOf: String?
        public let vid: UInt16?
        public let pids: [UInt16]?
        public let dacOrigin: [UInt16]?
        public let certificateID: String?

        public var isValid: Bool { expected == "valid" }
        public var description: String { "\(path): \(reason)" }

        enum CodingKeys: String, CodingKey {
            case path
            case kind
            case expected
            case reason
            case checkAs = "check_as"
            case root
            case intermediate
            case leaf
            case reference
            case evaluated
            case uri
            case crlIssuerSubjectOf = "crl_issuer_subject_of"
            case vid
            case pids
            case dacOrigin = "dac_origin"
            case certificateID = "certificate_id"
        }
    }
}
