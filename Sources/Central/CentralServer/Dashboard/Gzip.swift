import CZlib
import NIOCore

/// What a browser unpacks by itself.
enum Gzip {
    /// Nil where there is no gain.
    static func compressed(_ buffer: ByteBuffer, level: Int32 = 6) -> ByteBuffer? {
        var packed = ByteBuffer()
        let room = mcz_gzip_bound(buffer.readableBytes)
        let written = packed.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { to in
            buffer.withUnsafeReadableBytes { from in
                mcz_gzip(
                    from.bindMemory(to: UInt8.self).baseAddress, from.count,
                    to.bindMemory(to: UInt8.self).baseAddress, room, level)
            }
        }
        return written > 0 && written < buffer.readableBytes ? packed : nil
    }
}
