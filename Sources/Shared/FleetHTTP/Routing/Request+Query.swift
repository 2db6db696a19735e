import FleetModel
import Hummingbird

extension Request {
    /// `?lines=`: how many lines of a log.
    package func lines(default standard: Int = 50) throws -> Int {
        try integer("lines", in: WireLimits.logLines, default: standard)
    }

    /// A whole number of the query within its bounds; a parameter we do not know is ignored.
    /// - Throws: `APIError` 400.
    package func integer(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        guard let text = uri.queryParameters[name[...]] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw APIError.badRequest(
                "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// `true` or `1`, `false` or `0`, in any case; not there is false.
    /// - Throws: `APIError` 400.
    package func flag(_ name: String) throws -> Bool {
        guard let text = uri.queryParameters[name[...]] else { return false }
        switch text.lowercased() {
        case "true", "1", "yes", "": return true
        case "false", "0", "no": return false
        default: throw APIError.badRequest("'\(name)' must be true or false")
        }
    }
}
