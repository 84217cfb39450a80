/// Octets that must reach no log, error text, argument list or file: PINs, passcodes, keys, one-time secrets.
///
/// Prints `<redacted>` in every way that Swift prints a value; compares in constant time; wipes its storage when the
/// last copy goes.
public final class Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    public init(_ bytes: some Collection<UInt8>) {
        storage = .allocate(byteCount: bytes.count, alignment: 1)
        storage.copyBytes(from: bytes)
    }

    deinit {
        for index in storage.indices { storage[index] = 0 }
        storage.deallocate()
    }

    public var count: Int { storage.count }

    /// The only way to the octets. Copy nothing out that outlives the closure unless the copy is itself wiped.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// Constant time in the octets; the length is not secret.
    public static func == (left: Secret, right: Secret) -> Bool {
        left.withBytes { left in right.withBytes { constantTimeEqual(left, $0) } }
    }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Compares without telling by its duration where the two differ; lengths are not secret.
public func constantTimeEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
