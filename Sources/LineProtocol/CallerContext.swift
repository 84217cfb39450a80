public import Vocabulary

/// Who asks, in one role. A router is made for one kind of caller, and operations of another role can't be mounted on it.
public protocol CallerContext: Sendable {
    /// For logs and journal entries.
    var name: String { get }
}

/// A programming station at an EdgeHSM, as its certificate says.
public struct StationContext: CallerContext, Hashable {
    public let station: StationName
    /// SHA-256 of the certificate's DER.
    public let certificate: Digest256
    public var name: String { station.text }
    public init(station: StationName, certificate: Digest256) {
        self.station = station
        self.certificate = certificate
    }
}

/// A Factory Service at an EdgeHSM, as its certificate says.
public struct ServiceContext: CallerContext, Hashable {
    public let service: StationName
    /// SHA-256 of the certificate's DER.
    public let certificate: Digest256
    public var name: String { service.text }
    public init(service: StationName, certificate: Digest256) {
        self.service = service
        self.certificate = certificate
    }
}

/// The local operator of an appliance, as the kernel says of the Unix socket's peer.
public struct OperatorContext: CallerContext, Hashable {
    public let userID: UInt32
    public var name: String { "uid \(userID)" }
    public init(userID: UInt32) { self.userID = userID }
}

/// A programming station at a Factory Service, as its certificate says.
public struct WorkContext: CallerContext, Hashable {
    public let station: StationName
    /// SHA-256 of the certificate's DER.
    public let certificate: Digest256
    public var name: String { station.text }
    public init(station: StationName, certificate: Digest256) {
        self.station = station
        self.certificate = certificate
    }
}

/// Somebody on the Factory Service's own machine, as the kernel says of the Unix socket's peer.
public struct FactoryContext: CallerContext, Hashable {
    public let userID: UInt32
    public var name: String { "uid \(userID)" }
    public init(userID: UInt32) { self.userID = userID }
}
