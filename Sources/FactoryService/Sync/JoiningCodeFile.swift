import FactoryCore
import Glibc
public import PortalProtocol
import Vocabulary

/// Where a joining code is read from: it lets whoever has it join, so it never stands in an argument list.
public enum JoiningCodeFile {
    private static let largest = 2_048

    /// - Parameter path: a file with the code and nothing else; `-` is standard input, up to its end.
    /// - Throws: `sync.joining-code.*`, `factory.join.code-unreadable`.
    public static func read(_ path: String) async throws -> JoiningCode {
        let bytes = try await Blocking.run {
            do { return path == "-" ? try standardInput() : try AtomicFile.read(path, limit: largest) } catch let
                refusal as Refusal where refusal.has(FactoryError.fileUnreadable)
            { throw Refusal(FactoryError.joiningCodeUnreadable, refusal.detail) }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return try JoiningCode(String(text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }))
    }

    private static func standardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 512)
        while bytes.count <= largest {
            let count = Glibc.read(0, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Refusal(FactoryError.fileUnreadable, "standard input: errno \(errno)") }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
        }
        throw Refusal(FactoryError.fileUnreadable, "more than \(largest) octets on standard input")
    }
}
