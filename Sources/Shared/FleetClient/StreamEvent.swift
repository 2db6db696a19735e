/// One server-sent event.
package struct StreamEvent: Hashable, Sendable {
    /// The last id that was given, by this event or one before it.
    package var id: String?
    /// `message` where the server names none.
    package var event: String
    package var data: String

    package init(id: String?, event: String, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}
