import HTTPTypes
import Hummingbird

/// What a request says of who sent it and from where.
package struct RequestMarks: Hashable, Sendable {
    /// Anything but GET and HEAD.
    package var isMutation: Bool
    /// The header as it came: `Bearer …`.
    package var authorization: String?
    package var origin: String?
    package var fetchSite: String?
    /// Name and port the request was sent to.
    package var host: String?
    /// Whom a session cookie stands for.
    package var session: Principal?

    package init(
        isMutation: Bool, authorization: String? = nil, origin: String? = nil, fetchSite: String? = nil,
        host: String? = nil, session: Principal? = nil
    ) {
        self.isMutation = isMutation
        self.authorization = authorization
        self.origin = origin
        self.fetchSite = fetchSite
        self.host = host
        self.session = session
    }

    package init(_ request: Request, session: Principal? = nil) {
        self.init(
            isMutation: request.method != .get && request.method != .head,
            authorization: request.headers[.authorization], origin: request.headers[.origin],
            fetchSite: request.headers[.secFetchSite], host: request.head.authority, session: session)
    }

    /// A browser says that another site's page sent this. A page of the same host on another port is another site too.
    package var isCrossSite: Bool {
        if let fetchSite, fetchSite != "same-origin", fetchSite != "none" { return true }
        return origin != nil && !isOriginOurs
    }

    /// A browser says that a page of this host sent this; where it says nothing, that does not count.
    var isFromOwnPage: Bool { !isCrossSite && (fetchSite == "same-origin" || isOriginOurs) }

    private var isOriginOurs: Bool {
        guard let origin, let host, let scheme = origin.range(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == host.lowercased()
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? { ranges(of: part).first }
}
