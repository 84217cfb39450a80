package import NIOCore
import Programmers
import Vocabulary

/// Cuts a byte stream into frame bodies: u32 length (big-endian, at most 256 KiB), then that many octets.
package struct ChipFrameDecoder: ByteToMessageDecoder {
    package typealias InboundOut = ByteBuffer

    package init() {}

    package mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex) else { return .needMoreData }
        guard length > 0, length <= UInt32(ChipFrameFormat.largest) else {
            throw Refusal(ProgrammerError.tooLarge, "frame of \(length) octets")
        }
        guard buffer.readableBytes >= 4 + Int(length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let body = buffer.readSlice(length: Int(length)) else { return .needMoreData }
        context.fireChannelRead(wrapInboundOut(body))
        return .continue
    }

    package mutating func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState {
        while try decode(context: context, buffer: &buffer) == .continue {}
        return .needMoreData
    }

    /// A frame ready for the wire.
    package static func frame(_ body: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(body.count + 4)
        buffer.writeInteger(UInt32(truncatingIfNeeded: body.count))
        buffer.writeBytes(body)
        return buffer
    }
}
