internal import ArgumentParser
internal import Foundation
internal import Statements
internal import Verify
internal import Vocabulary

/// Reads what the command line names, never more than a limit.
enum Input {
    static let mostFilesInDirectory = 4096

    /// At most one octet more than `limit`, so that the library can refuse what is too large.
    static func file(_ path: String, limit: Int = EncodedInput.sizeLimit) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Refusal(VerifyError.inputUnreadable, path)
        }
        defer { try? handle.close() }
        do {
            return Array(try handle.read(upToCount: limit + 1) ?? Data())
        } catch {
            throw Refusal(VerifyError.inputUnreadable, path)
        }
    }

    /// Every `.der`, `.pem`, `.crt` and `.cer` file of a folder, by name; a file stands for itself.
    static func certificates(_ path: String) throws -> [[UInt8]] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw Refusal(VerifyError.inputUnreadable, path)
        }
        guard isDirectory.boolValue else { return [try file(path)] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw Refusal(VerifyError.inputUnreadable, path)
        }
        let suffixes = [".der", ".pem", ".crt", ".cer"]
        let wanted = names.filter { name in suffixes.contains { name.lowercased().hasSuffix($0) } }.sorted()
        guard wanted.count <= mostFilesInDirectory else {
            throw Refusal(
                VerifyError.inputTooLarge,
                "\(path) has \(wanted.count) files, at most \(mostFilesInDirectory) are read"
            )
        }
        return try wanted.map { try file(path + "/" + $0) }
    }

    /// A signed statement. Throws `verify.input.wrong-kind` where the file is none at all.
    static func statement(_ path: String) throws -> Envelope {
        try kind("signed statement", path) { try Envelope(parsing: file(path, limit: Envelope.largest)) }
    }

    /// An exported journal. Throws `verify.input.wrong-kind` where the file is none at all.
    static func journal(_ path: String) throws -> JournalExport {
        try kind("exported journal", path) { try JournalExport(parsing: file(path, limit: JournalExport.largest)) }
    }

    /// An entry with its proof. Throws `verify.input.wrong-kind` where the file is none at all.
    static func proof(_ path: String) throws -> InclusionFile {
        try kind("entry with its proof", path) { try InclusionFile(parsing: file(path, limit: InclusionFile.largest)) }
    }

    private static func kind<Value>(_ name: String, _ path: String, _ read: () throws -> Value) throws -> Value {
        do { return try read() } catch let refusal as Refusal where StatementError.isAnotherForm(refusal) {
            throw Refusal(VerifyError.inputWrongKind, "\(path) is no \(name): \(refusal.code) \(refusal.detail)")
        }
    }

    /// One line of standard input, without its end, of at most `limit` octets.
    static func line(limit: Int = 1024) throws -> String {
        let bytes = try FileHandle.standardInput.read(upToCount: limit + 1) ?? Data()
        guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw ValidationError("standard input is longer than \(limit) octets or not UTF-8")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
