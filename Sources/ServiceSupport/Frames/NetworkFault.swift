import Glibc
import NIOCore
import NIOPosix

/// Why a connection failed, in words for an operator.
enum NetworkFault {
    static func words(_ error: any Error) -> String {
        switch error {
        case let failure as NIOConnectionError:
            // One for each address of the name; the last one tried says as much as all.
            if let last = failure.connectionErrors.last { return words(last.error) }
            return "the name does not resolve"
        case let failure as IOError: return words(errno: failure.errnoCode)
        case ChannelError.connectTimeout: return "no answer in time"
        case SocketAddressError.unixDomainSocketPathTooLong: return "the socket's path is too long"
        case let failure as SocketAddressError: return "the address is none: \(failure)"
        case is ChannelError: return "the connection was closed"
        default: return "\(error)"
        }
    }

    static func words(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused, nothing listens there"
        case ENOENT: "there is no such socket"
        case EACCES, EPERM: "this user has no right to connect"
        case ETIMEDOUT: "no answer in time"
        case EHOSTUNREACH, EHOSTDOWN: "no route to the host"
        case ENETUNREACH, ENETDOWN: "the network is unreachable"
        case ECONNRESET, EPIPE: "the connection was reset"
        case ENOTSOCK: "the path is no socket"
        case EMFILE, ENFILE: "too many open files on this machine"
        default: "system error \(code)"
        }
    }
}
