/// Who asks and what they may do, by the central's word: the answer to `GET /api/access`.
package struct AccessInfo: Codable, Hashable, Sendable {
    /// Name of the token, `anonymous`, or `api_token`.
    package var name: String
    /// All that it may do: those that its own scope includes as well.
    package var scopes: [TokenScope]
    /// By the central's clock.
    package var time: Timestamp
    /// What whoever operates the fleet should know of the central itself, a sentence each; nil where there is nothing,
    /// and for those who may not operate.
    package var notices: [String]?

    package init(name: String, scopes: [TokenScope], time: Timestamp) {
        self.name = name
        self.scopes = scopes
        self.time = time
    }
}
