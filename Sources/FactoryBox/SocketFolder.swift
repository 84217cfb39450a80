import Foundation
import Glibc
import Vocabulary

/// The folder of a world's Unix sockets, in /tmp and its owner's alone.
enum SocketFolder {
    private static let prefix = "/tmp/obis-"
    private static let drawn = 6

    static func make() throws -> String {
        var template = Array((prefix + String(repeating: "X", count: drawn)).utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
        }
        guard isMade else { throw Refusal(FactoryBoxError.unexpected, "a folder in /tmp: errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a folder that `make` made; any other path is left alone.
    static func remove(_ path: String) {
        let rest = path.dropFirst(prefix.count)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard path.hasPrefix(prefix), rest.count == drawn,
            rest.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }),
            attributes?[.type] as? FileAttributeType == .typeDirectory,
            (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value == geteuid()
        else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}
