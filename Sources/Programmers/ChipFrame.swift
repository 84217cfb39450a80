import FoundationEssentials
import Vocabulary

/// The message inside a frame. On the wire: u32 length (big-endian, at most 256 KiB), then JSON with sorted keys,
/// without spaces and escaped slashes. A body that is not exactly so is refused, so a message has one form only.
public struct ChipFrame<Body: Codable & Sendable>: Codable, Sendable {
    public let version: UInt16
    public let id: UInt64
    public let body: Body

    public init(id: UInt64, body: Body) {
        self.version = ChipFrameFormat.version
        self.id = id
        self.body = body
    }

    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = try [UInt8](encoder.encode(self))
        guard bytes.count <= ChipFrameFormat.largest else {
            throw Refusal(
                ProgrammerError.tooLarge,
                "\(bytes.count) octets where \(ChipFrameFormat.largest) are allowed"
            )
        }
        return bytes
    }

    /// Throws `programmer.message.*` and `programmer.command.unknown`.
    public static func decode(_ bytes: [UInt8]) throws -> Self {
        let frame: Self
        do {
            frame = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch let refusal as Refusal {
            throw refusal
        } catch DecodingError.typeMismatch(_, let context) where context.codingPath.map(\.stringValue) == ["body"] {
            // No case of the enumeration has this name, or there are two names.
            throw Refusal(ProgrammerError.commandUnknown)
        } catch {
            throw Refusal(ProgrammerError.malformed)
        }
        guard frame.version == ChipFrameFormat.version else {
            throw Refusal(ProgrammerError.versionUnknown, "\(frame.version)")
        }
        guard try frame.encoded() == bytes else { throw Refusal(ProgrammerError.malformed, "not in canonical form") }
        return frame
    }
}

public enum ChipFrameFormat {
    public static let version: UInt16 = 1
    /// Octets of one frame's body.
    public static let largest = 256 * 1024
}
