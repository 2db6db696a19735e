/// A text that is looked for; capital and small letters of ASCII are the same.
struct SearchPattern: Hashable, Sendable {
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = text.utf8.map(Self.folded)
    }

    var isEmpty: Bool { bytes.isEmpty }

    func matches(_ text: String) -> Bool { isEmpty || first(in: text) != nil }

    /// Offset in UTF-8 of the first place it stands.
    private func first(in text: String) -> Int? {
        var text = text
        return text.withUTF8 { place(in: $0, from: 0) }
    }

    /// All places, as offsets in UTF-8 that do not overlap.
    func places(in text: String) -> [Range<Int>] {
        guard !isEmpty else { return [] }
        var text = text
        return text.withUTF8 { utf8 in
            var found: [Range<Int>] = []
            var start = 0
            while let next = place(in: utf8, from: start) {
                found.append(next..<next + bytes.count)
                start = next + bytes.count
            }
            return found
        }
    }

    private func place(in utf8: UnsafeBufferPointer<UInt8>, from: Int) -> Int? {
        guard let head = bytes.first, utf8.count >= bytes.count + from else { return nil }
        var start = from
        while start + bytes.count <= utf8.count {
            if Self.folded(utf8[start]) == head {
                var index = 1
                while index < bytes.count, Self.folded(utf8[start + index]) == bytes[index] { index += 1 }
                if index == bytes.count { return start }
            }
            start += 1
        }
        return nil
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
}
