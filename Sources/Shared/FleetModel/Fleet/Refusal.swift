/// Requests that were refused: those of one address within one minute.
package struct Refusal: Codable, Hashable, Sendable {
    /// When the minute begins.
    package var time: Timestamp
    /// An IPv4 address, a /64 of IPv6, or `others` where there were too many to tell apart.
    package var address: String
    package var count: Int
    /// Of the last one: the status it was answered with.
    package var status: Int
    /// Of the last one: method and path, shortened.
    package var request: String
    /// Of the last one: what it was answered with.
    package var reason: String

    package init(time: Timestamp, address: String, count: Int, status: Int, request: String, reason: String) {
        self.time = time
        self.address = address
        self.count = count
        self.status = status
        self.request = request
        self.reason = reason
    }
}
