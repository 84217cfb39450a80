import Vocabulary

/// Where a chip's port listens: a Unix socket, or TCP on this machine.
public enum ChipAddress: Hashable, Sendable, CustomStringConvertible {
    /// An absolute path, at most 100 octets (sun_path holds 108).
    case unix(path: String)
    case loopback(port: Int)

    /// An absolute path, or `127.0.0.1:PORT`. Throws `programmer.address.invalid`.
    public init(_ text: String) throws {
        let loopback = "127.0.0.1:"
        if text.hasPrefix("/"), text.utf8.count <= 100, !text.utf8.contains(0) {
            self = .unix(path: text)
        } else if text.hasPrefix(loopback), let port = UInt16(text.dropFirst(loopback.count)), port > 0 {
            self = .loopback(port: Int(port))
        } else {
            throw Refusal(ProgrammerError.addressInvalid, String(text.prefix(120)))
        }
    }

    public var description: String {
        switch self {
        case .unix(let path): path
        case .loopback(let port): "127.0.0.1:\(port)"
        }
    }
}
