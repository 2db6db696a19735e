/// What a request without a token may do.
package enum AnonymousAccess: String, Codable, Sendable, CaseIterable {
    /// Nothing but `GET /api/health`.
    case none
    /// Every GET of status, events and pages; no logs and no deployment output.
    case status
    /// Every GET.
    case read
    /// As a token with the scope `operate`.
    case operate
}

/// What a named token may do. A wider scope includes the narrower ones: see `includes`.
package enum TokenScope: String, Codable, Sendable, CaseIterable {
    case read, operate, deploy, heartbeat

    /// `deploy` includes `operate`, which includes `read`; `heartbeat` stands alone.
    package func includes(_ other: TokenScope) -> Bool {
        switch (self, other) {
        case (.deploy, .deploy), (.deploy, .operate), (.deploy, .read): true
        case (.operate, .operate), (.operate, .read): true
        case (.read, .read), (.heartbeat, .heartbeat): true
        default: false
        }
    }
}
