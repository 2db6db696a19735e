import FleetHTTP
import FleetModel
import FoundationEssentials
import NIOCore

/// Reads the report of a client.
enum HeartbeatText {
    /// - Throws: `APIError` 400 with a sentence that names the field.
    static func read(_ text: ByteBuffer) throws -> Heartbeat {
        if let heartbeat = HeartbeatReader.read(text) { return heartbeat }
        do {
            return try JSONDecoder().decode(Heartbeat.self, from: Data(text.readableBytesView))
        } catch let error as DecodingError {
            throw APIError.badRequest(jsonProblem(error))
        }
    }
}
