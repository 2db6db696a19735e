/// Why a text is no schedule: one sentence that says what is wrong and what would be right.
package struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
