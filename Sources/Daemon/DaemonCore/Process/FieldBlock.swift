import NIOCore

/// NUL-terminated `key=value` fields, in which our C programs are told what to do.
struct FieldBlock {
    private(set) var bytes = ByteBuffer()

    /// For C, in memory of its own.
    var characters: [CChar] { bytes.readableBytesView.map { CChar(bitPattern: $0) } }

    mutating func put(_ key: String, _ value: String) {
        bytes.writeString(key)
        bytes.writeString("=")
        // A NUL would end the field early; the configuration refuses it, the environment can't hold it.
        bytes.writeString(value.contains("\0") ? "" : value)
        bytes.writeInteger(UInt8(0))
    }

    mutating func put(_ key: String, _ value: some BinaryInteger) { put(key, String(value)) }
}
