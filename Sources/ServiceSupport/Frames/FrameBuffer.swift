import NIOCore

/// Octets that arrived and are not a whole frame yet. A frame is a u32 big-endian length, then that many octets.
struct FrameBuffer {
    enum Next {
        case nothing
        case partial
        case frame([UInt8])
        /// The announced length, which is zero or over the limit.
        case malformed(Int)
    }

    let largest: Int
    private var pending = ByteBuffer()

    init(largest: Int) { self.largest = largest }

    mutating func append(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.writeImmutableBuffer(bytes)
        }
    }

    mutating func next() -> Next {
        guard pending.readableBytes > 0 else { return .nothing }
        guard let length = pending.getInteger(at: pending.readerIndex, as: UInt32.self) else { return .partial }
        guard (1...largest).contains(Int(length)) else { return .malformed(Int(length)) }
        guard pending.readableBytes >= 4 + Int(length) else { return .partial }
        pending.moveReaderIndex(forwardBy: 4)
        let body = pending.readBytes(length: Int(length)) ?? []
        pending.discardReadBytes()
        return .frame(body)
    }

    static func encode(_ body: [UInt8], allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 4 + body.count)
        buffer.writeInteger(UInt32(truncatingIfNeeded: body.count))
        buffer.writeBytes(body)
        return buffer
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
    }
}
