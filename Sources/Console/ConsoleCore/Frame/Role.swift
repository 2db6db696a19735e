/// What a piece of the screen means. A theme says how that looks; nothing else does.
package enum Role: String, CaseIterable, Sendable {
    case text, dim, title, header, context, danger, footer, key, border, rule, column, cursor, marked, match
    case ok, warn, bad, info
    case barLow = "bar_low"
    case barMid = "bar_mid"
    case barHigh = "bar_high"
    case message
    case messageOK = "message_ok"
    case messageError = "message_error"
    case prompt, dialog
    case dialogTitle = "dialog_title"
    case log
    case logTime = "log_time"
}
