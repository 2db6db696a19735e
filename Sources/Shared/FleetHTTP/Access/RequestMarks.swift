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
    /// `http` or `https`, as far as that is known.
    package var scheme: String?
    /// Whom a session cookie stands for.
    package var session: Principal?

    package init(
        isMutation: Bool, authorization: String? = nil, origin: String? = nil, fetchSite: String? = nil,
        host: String? = nil, scheme: String? = nil, session: Principal? = nil
    ) {
        self.isMutation = isMutation
        self.authorization = authorization
        self.origin = origin
        self.fetchSite = fetchSite
        self.host = host
        self.scheme = scheme
        self.session = session
    }

    package init(_ request: Request, session: Principal? = nil) {
        self.init(
            isMutation: request.method != .get && request.method != .head,
            authorization: request.headers[.authorization], origin: request.headers[.origin],
            fetchSite: request.headers[.secFetchSite], host: request.head.authority,
            scheme: request.head.scheme, session: session)
    }

    /// A browser says that another site's page sent this. A page of the same host on another port is another site too.
    ///
    /// It compares what it was told with the name that it asked under, which a proxy need not have passed on: so where
    /// it says `same-origin`, that counts, and `Origin` where it says nothing. No page can set either.
    package var isCrossSite: Bool {
        switch fetchSite {
        case "same-origin": false
        case nil, "none": origin != nil && !isOriginOurs
        default: true
        }
    }

    /// A browser says that a page of this host sent this; where it says nothing, that does not count.
    var isFromOwnPage: Bool { !isCrossSite && (fetchSite == "same-origin" || isOriginOurs) }

    /// The one who asked was shown this site under `https`, by a proxy that says so or by what the browser says.
    package var isSecure: Bool { scheme == "https" || originParts?.scheme == "https" }

    private var isOriginOurs: Bool {
        guard let host, let origin = originParts else { return false }
        let standard = origin.scheme == "https" ? ":443" : ":80"
        func plain(_ authority: Substring) -> Substring {
            authority.hasSuffix(standard) ? authority.dropLast(standard.count) : authority
        }
        return plain(origin.authority) == plain(host.lowercased()[...])
    }

    private var originParts: (scheme: Substring, authority: Substring)? {
        guard let origin = origin?.lowercased(), let middle = origin.ranges(of: "://").first else { return nil }
        return (origin[..<middle.lowerBound], origin[middle.upperBound...])
    }
}
