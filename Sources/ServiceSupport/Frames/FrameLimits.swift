/// Bounds of a frame server. Every connection is always under exactly one of the time limits.
public struct FrameLimits: Sendable {
    /// Largest frame body in octets, both directions.
    public var largestFrame = 262_144
    /// Connections at one time, in all.
    public var connections = 512
    /// Connections that have not shown who they are yet.
    public var unauthenticated = 128
    /// Connections of one peer (certificate or user id).
    public var connectionsPerPeer = 16
    /// From accepting a connection to the end of the TLS handshake.
    public var handshake: Duration = .seconds(10)
    /// From a frame's first octet to its last: a peer that drips octets is cut off.
    public var frame: Duration = .seconds(10)
    /// Between one reply and the next request.
    public var idle: Duration = .seconds(300)
    /// For a peer to take a whole reply.
    public var reply: Duration = .seconds(10)
    /// For running requests to end at shutdown.
    public var drain: Duration = .seconds(20)

    public init() {}
}
