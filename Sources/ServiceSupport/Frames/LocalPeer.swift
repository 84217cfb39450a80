import CPeer
import NIOCore
import Vocabulary

/// The user at the other end of a Unix socket.
enum LocalPeer {
    /// SO_PEERCRED of a connected Unix socket: the user id of the process that connected.
    static func userID(of channel: any Channel) -> EventLoopFuture<UInt32> {
        guard let socket = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(Refusal(ServiceSupportError.peerRefused, "no socket"))
        }
        // The kernel fills exactly this struct; CPeer checks its layout when it is compiled.
        let credentials: EventLoopFuture<obis_peer_credentials> = socket.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: obis_so_peercred)
        )
        return credentials.map(\.uid)
    }
}
