/// One operation of the line protocol: its name on the wire and the types of its two messages.
public protocol LineOperation: Sendable {
    associatedtype Request: Codable & Sendable
    associatedtype Reply: Codable & Sendable
    static var name: String { get }
}

/// What a programming station may ask of an EdgeHSM.
public protocol StationOperation: LineOperation {}
/// What a Factory Service may ask of an EdgeHSM.
public protocol ServiceOperation: LineOperation {}
/// What the local operator of an appliance may ask over its Unix socket.
public protocol OperatorOperation: LineOperation {}
/// What a programming station may ask of a Factory Service.
public protocol WorkOperation: LineOperation {}

/// A message without content.
public struct Nothing: Codable, Sendable, Hashable {
    public init() {}
}
