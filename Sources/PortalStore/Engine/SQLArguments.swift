public import Vocabulary

/// The arguments of one statement, one after the other in one stretch of octets: no value of them is an object of its
/// own, and the same stretch serves the next row. An ingest writes thousands of rows at a time.
public struct SQLArguments: Sendable {
    enum Slot: Sendable {
        case integer(Int64)
        case text(start: Int, count: Int)
        case blob(start: Int, count: Int)
        case null
    }

    private(set) var octets: [UInt8] = []
    private(set) var slots: [Slot] = []

    init() {
        octets.reserveCapacity(1_024)
        slots.reserveCapacity(32)
    }

    mutating func removeAll() {
        octets.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
    }

    public mutating func add(_ value: Int64) { slots.append(.integer(value)) }
    public mutating func add(_ value: Int) { slots.append(.integer(Int64(value))) }
    public mutating func add(_ value: Bool) { slots.append(.integer(value ? 1 : 0)) }
    public mutating func add(_ value: Instant) { slots.append(.integer(value.seconds)) }
    public mutating func addNull() { slots.append(.null) }

    public mutating func add(_ text: String) {
        var text = text
        slots.append(.text(start: octets.count, count: text.utf8.count))
        text.withUTF8 { octets.append(contentsOf: $0) }
    }

    public mutating func add(_ bytes: [UInt8]) {
        slots.append(.blob(start: octets.count, count: bytes.count))
        octets.append(contentsOf: bytes)
    }

    public mutating func add(_ digest: Digest256) { digest.withOctets { add($0) } }
    public mutating func add(_ chip: ChipUID) { chip.withOctets { add($0) } }

    public mutating func add(_ digest: Digest256?) {
        guard let digest else { return addNull() }
        add(digest)
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        slots.append(.blob(start: octets.count, count: bytes.count))
        octets.append(contentsOf: bytes)
    }

    public mutating func add(_ value: SQLValue) {
        switch value {
        case .integer(let number): add(number)
        case .text(let text): add(text)
        case .blob(let bytes): add(bytes)
        case .null: addNull()
        }
    }
}
