import ArgumentParser
import Glibc
import Governance
import KeyCustody
import Statements
import Vocabulary

/// Reading what commands are given.
enum Files {
    static func envelope(_ path: String) throws -> Envelope {
        let bytes = try StateFile.read(path, limit: Envelope.largest)
        return try kind("signed statement or draft of one", path) { try Envelope(parsing: bytes) }
    }

    static func reference(_ path: String) throws -> TokenReference {
        try reviewed(TokenReference.self, "token file", path)
    }

    /// A file that people write and review.
    static func reviewed<Value: Codable>(_ type: Value.Type, _ name: String, _ path: String) throws -> Value {
        try kind(name, path) { try ReviewedJSON.read(type, at: path) }
    }

    /// Throws `ceremony.file.wrong-kind` where the file is nothing like `name`; a file of the kind that lacks something
    /// keeps the refusal that says what.
    static func kind<Value>(_ name: String, _ path: String, _ read: () throws -> Value) throws -> Value {
        do { return try read() } catch let refusal as Refusal
            where StatementError.isAnotherForm(refusal) || refusal.has(GovernanceError.fileMalformed)
        {
            let lacksSomething = refusal.has(StatementError.missingField) || refusal.has(GovernanceError.fileMalformed)
            if lacksSomething, !refusal.detail.isEmpty, !refusal.detail.hasPrefix("format") { throw refusal }
            let found = refusal.detail.isEmpty ? refusal.code : "\(refusal.code) \(refusal.detail)"
            throw Refusal(GovernanceError.fileOtherKind, "\(path) is no \(name): \(found)")
        }
    }

    /// RoleKeys from one file, or from a folder that holds every version and is verified from the first.
    static func roleKeys(_ path: String) throws -> [Verified<RoleKeys>] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            let envelope = try envelope(path)
            let claimed = try RoleKeys.read(payload: envelope.payload)
            return [try Verified<RoleKeys>(envelope, signedBy: claimed.root)]
        }
        return try RoleKeysHistory.verify(envelopes(in: path))
    }

    static func newestRoleKeys(_ path: String) throws -> Verified<RoleKeys> {
        guard let newest = try roleKeys(path).last else { throw Refusal(GovernanceError.fileMissing, path) }
        return newest
    }

    /// Every `.json` of a folder that is an envelope, by file name.
    static func envelopes(in folder: String) throws -> [Envelope] {
        try StateFile.names(in: folder).filter { $0.hasSuffix(".json") }.map { try envelope("\(folder)/\($0)") }
    }

    /// Officers' orders. A folder that is not there is refused: a mistyped name must not pass for "nothing was revoked".
    static func orders(_ folder: String) throws -> [Envelope] {
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Refusal(GovernanceError.fileMissing, "folder \(folder)")
        }
        return try OfficersRevocations.orders(in: folder)
    }

    /// Every `.json` and `.env` of a folder: an envelope, or the evidence that an entry stands in a journal.
    static func earlier(in folder: String) throws -> ([Envelope], [InclusionFile]) {
        var (envelopes, evidence): ([Envelope], [InclusionFile]) = ([], [])
        for name in StateFile.names(in: folder) where name.hasSuffix(".json") || name.hasSuffix(".env") {
            let bytes = try StateFile.read("\(folder)/\(name)", limit: InclusionFile.largest)
            if let file = try? InclusionFile(parsing: bytes) {
                evidence.append(file)
            } else {
                envelopes.append(try Envelope(parsing: bytes))
            }
        }
        return (envelopes, evidence)
    }

    static func now() -> Instant { Instant(seconds: Int64(time(nil))) }

    /// Writes an envelope and says which.
    static func write(_ envelope: Envelope, to path: String) throws -> Written {
        let bytes = try envelope.serialized()
        try StateFile.write(path, bytes)
        return Written(file: path, digest: Digest256.of(bytes), id: envelope.statementID)
    }
}
