import FleetModel
import FoundationEssentials
import NIOCore

/// The JSON of a client's overview in two halves, between which its status is put: all else changes with a report only.
enum OverviewText {
    struct Fragment: Sendable {
        private let before: ByteBuffer
        private let after: ByteBuffer

        init(_ overview: ClientOverview) {
            // Quotes within texts are escaped, so that the key can't be mistaken.
            var marked = overview
            marked.status = .online
            let text = (try? Self.encoder.encode(marked)) ?? Data("{}".utf8)
            let key = Data(#""status":""#.utf8)
            let word = Data(#"online""#.utf8)
            guard let range = text.firstRange(of: key), text[range.upperBound...].starts(with: word) else {
                before = ByteBuffer(string: #"{"status":""#)
                after = ByteBuffer(string: #""}"#)
                return
            }
            before = ByteBuffer(bytes: text[..<range.upperBound])
            after = ByteBuffer(bytes: text[(range.upperBound + word.count - 1)...])
        }

        func write(status: ClientStatus, into text: inout ByteBuffer) {
            text.writeImmutableBuffer(before)
            text.writeString(status.rawValue)
            text.writeImmutableBuffer(after)
        }

        private static let encoder: JSONEncoder = {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return encoder
        }()
    }
}
