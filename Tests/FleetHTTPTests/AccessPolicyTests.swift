import FleetModel
import HTTPTypes
import Testing

@testable import FleetHTTP

@Suite("Who may do what")
struct AccessPolicyTests {
    static let grants = [
        TokenGrant(apiToken: "all"),
        TokenGrant(token: "r", principal: Principal(name: "reader", scopes: [.read])),
        TokenGrant(token: "o", principal: Principal(name: "operator", scopes: [.operate])),
        TokenGrant(token: "d", principal: Principal(name: "deployer", scopes: [.deploy])),
        TokenGrant(token: "h", principal: Principal(name: "node", scopes: [.heartbeat], client: "sensor-1")),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var anonymous: AnonymousAccess
        var token: String?
        /// Answer to each of open, status, read, operate, deploy, heartbeat, audit.
        var expected: [Int]
        var testDescription: String { "anonymous \(anonymous), token \(token ?? "none")" }
    }

    static let needs: [AccessNeed] = [.open, .status, .read, .operate, .deploy, .heartbeat, .audit]

    static let cases = [
        Case(anonymous: .none, token: nil, expected: [200, 401, 401, 401, 401, 401, 401]),
        Case(anonymous: .status, token: nil, expected: [200, 200, 401, 401, 401, 401, 401]),
        Case(anonymous: .read, token: nil, expected: [200, 200, 200, 401, 401, 401, 401]),
        Case(anonymous: .operate, token: nil, expected: [200, 200, 200, 200, 401, 401, 401]),
        Case(anonymous: .none, token: "all", expected: [200, 200, 200, 200, 200, 200, 200]),
        Case(anonymous: .none, token: "r", expected: [200, 200, 200, 403, 403, 403, 200]),
        Case(anonymous: .none, token: "o", expected: [200, 200, 200, 200, 403, 403, 200]),
        Case(anonymous: .none, token: "d", expected: [200, 200, 200, 200, 200, 403, 200]),
        Case(anonymous: .none, token: "h", expected: [200, 403, 403, 403, 403, 200, 403]),
        Case(anonymous: .status, token: "h", expected: [200, 200, 403, 403, 403, 200, 403]),
        Case(anonymous: .operate, token: "r", expected: [200, 200, 200, 200, 403, 403, 200]),
        Case(anonymous: .operate, token: "wrong", expected: [200, 401, 401, 401, 401, 401, 401]),
        Case(anonymous: .read, token: "al", expected: [200, 401, 401, 401, 401, 401, 401]),
        Case(anonymous: .read, token: "allall", expected: [200, 401, 401, 401, 401, 401, 401]),
    ]

    @Test("a token, or its want, opens what the table says", arguments: cases)
    func table(_ item: Case) {
        let policy = AccessPolicy(grants: Self.grants, anonymous: item.anonymous)
        let answers = Self.needs.map { need in
            status(policy.decide(need, marks(need, token: item.token)))
        }
        #expect(answers == item.expected)
    }

    @Test("without any token everything is allowed", arguments: needs)
    func open(_ need: AccessNeed) {
        let policy = AccessPolicy(grants: [], anonymous: .none)
        #expect(status(policy.decide(need, marks(need, token: nil))) == 200)
    }

    @Test(
        "a mutation that a browser marks as another site's is refused, whatever the token",
        arguments: [
            ("http://evil.example", nil, 403), ("null", nil, 403), ("http://central:8081", nil, 403),
            ("http://central:8080", nil, 200), ("HTTP://Central:8080", "same-origin", 200), (nil, "none", 200),
            (nil, "cross-site", 403), (nil, "same-site", 403), ("http://central:8080", "cross-site", 403),
            // A proxy in between may pass on another name; the browser compared with the one it asked under.
            ("https://fleet.example", "same-origin", 200), ("https://fleet.example", "none", 403),
            ("http://central:8080", "none", 200), (nil, nil, 200),
        ] as [(String?, String?, Int)])
    func crossSite(origin: String?, fetchSite: String?, expected: Int) {
        for grants in [Self.grants, []] {
            let policy = AccessPolicy(grants: grants, anonymous: .operate)
            var marks = marks(.operate, token: grants.isEmpty ? nil : "all")
            marks.origin = origin
            marks.fetchSite = fetchSite
            #expect(status(policy.decide(.operate, marks)) == expected)
        }
    }

    @Test(
        "the port that a scheme has anyway may be said or left out",
        arguments: [
            ("https://fleet.example", "fleet.example:443", true), ("https://fleet.example:443", "fleet.example", true),
            ("http://fleet.example", "fleet.example:80", true), ("https://fleet.example", "fleet.example:80", false),
            ("http://fleet.example", "fleet.example:443", false),
            ("https://fleet.example:8443", "fleet.example", false),
            ("https://[fd00::1]", "[fd00::1]:443", true),
        ])
    func standardPorts(origin: String, host: String, isOwn: Bool) {
        #expect(RequestMarks(isMutation: true, origin: origin, host: host).isFromOwnPage == isOwn)
    }

    @Test("a read that comes from another site is no mutation")
    func crossSiteRead() {
        let policy = AccessPolicy(grants: Self.grants, anonymous: .status)
        var marks = marks(.status, token: nil)
        marks.fetchSite = "cross-site"
        #expect(status(policy.decide(.status, marks)) == 200)
    }

    @Test(
        "bound to loopback for want of a token, a page under a name of its own reads and changes nothing",
        arguments: [
            ("evil.example:8080", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421),
            ("128.0.0.1", 421), ("LOCALHOST:8080", 200), ("localhost:8080", 200), ("127.0.0.1:8080", 200),
            ("127.9.9.9", 200), ("[::1]:8080", 200),
        ])
    func rebinding(host: String, expected: Int) {
        let policy = AccessPolicy(grants: [], anonymous: .status, isLoopbackOnly: true)
        for need in Self.needs {
            let marks = RequestMarks(isMutation: need.isMutation, host: host)
            #expect(status(policy.decide(need, marks)) == expected)
            let ofPage = RequestMarks(isMutation: need.isMutation, origin: "http://\(host)", host: host)
            #expect(status(policy.decide(need, ofPage)) == expected)
        }
        // With a token, or bound elsewhere, the name is nobody's business.
        #expect(status(AccessPolicy(grants: [], anonymous: .status).decide(.status, marks(.status, token: nil))) == 200)
    }

    @Test("a refusal names the header that is missing, or the scope")
    func sentences() {
        let policy = AccessPolicy(grants: Self.grants, anonymous: .status)
        guard case .failure(let missing) = policy.decide(.operate, marks(.operate, token: nil)),
            case .failure(let narrow) = policy.decide(.operate, marks(.operate, token: "r"))
        else {
            Issue.record("both must be refused")
            return
        }
        #expect(missing.detail == "this needs a token: send the header 'Authorization: Bearer <token>'")
        #expect(missing.headers[.wwwAuthenticate] == "Bearer")
        #expect(narrow.detail == "the token 'reader' may not do this: it needs the scope 'operate'")
    }

    @Test("a session stands for its token, and a header goes before it")
    func session() {
        let policy = AccessPolicy(grants: Self.grants, anonymous: .none)
        var marks = RequestMarks(
            isMutation: true, fetchSite: "same-origin", session: Principal(name: "operator", scopes: [.operate]))
        #expect(status(policy.decide(.operate, marks)) == 200)
        #expect(status(policy.decide(.deploy, marks)) == 403)
        marks.authorization = "Bearer r"
        #expect(status(policy.decide(.operate, marks)) == 403)
    }

    @Test(
        "a session changes something only where the browser says that one of our pages asks for it",
        arguments: [
            (nil, nil, 403), (nil, "same-origin", 200), ("http://central:8080", nil, 200), (nil, "none", 403),
            ("http://central:8080", "none", 200), ("https://fleet.example", "same-origin", 200),
            ("http://evil.example", nil, 403), ("http://evil.example", "none", 403),
            ("http://central:8080", "cross-site", 403), ("central:8080", nil, 403),
        ] as [(String?, String?, Int)])
    func sessionFromOwnPage(origin: String?, fetchSite: String?, expected: Int) {
        for anonymous in AnonymousAccess.allCases {
            let policy = AccessPolicy(grants: Self.grants, anonymous: anonymous)
            var marks = RequestMarks(
                isMutation: true, origin: origin, fetchSite: fetchSite, host: "central:8080",
                session: Principal(name: "operator", scopes: [.operate]))
            #expect(status(policy.decide(.operate, marks)) == expected)
            marks.isMutation = false
            #expect(status(policy.decide(.read, marks)) == 200, "what is only read needs no such word")
        }
    }

    @Test("a name that the audit has for others is not taken for the master token")
    func master() {
        #expect(AccessPolicy(grants: Self.grants, anonymous: .none).principal(ofToken: "all")?.isMaster == true)
        for token in ["r", "o", "d", "h"] {
            #expect(AccessPolicy(grants: Self.grants, anonymous: .none).principal(ofToken: token)?.isMaster == false)
        }
        #expect(!Principal.anonymous.isMaster && !Principal.localSocket.isMaster)
    }

    @Test("what is kept of a token shows nothing of it, not even in a dump")
    func nothingToShow() {
        let secret = "a-token-that-nobody-should-see"
        var text = ""
        dump(AccessPolicy(grants: [TokenGrant(apiToken: secret)], anonymous: .none), to: &text)
        #expect(!text.contains(secret) && !"\(TokenHash(of: secret)!)".contains(secret))
    }

    @Test(
        "the scheme is Bearer, in any case",
        arguments: [
            ("bearer all", 200), ("BEARER  all ", 200), ("Basic all", 401), ("all", 401), ("Bearer", 401), ("", 401),
        ])
    func scheme(header: String, expected: Int) {
        let policy = AccessPolicy(grants: Self.grants, anonymous: .status)
        #expect(status(policy.decide(.status, RequestMarks(isMutation: false, authorization: header))) == expected)
    }

    @Test("a thousand tokens are told apart")
    func manyTokens() {
        let grants = (0..<1000).map {
            TokenGrant(token: "token-\($0)", principal: Principal(name: "n\($0)", scopes: [.heartbeat]))
        }
        let policy = AccessPolicy(grants: grants, anonymous: .none)
        #expect((0..<1000).allSatisfy { policy.principal(ofToken: "token-\($0)")?.name == "n\($0)" })
        #expect(policy.principal(ofToken: "token-1000") == nil)
        #expect(policy.principal(ofToken: "") == nil)
    }

    private func marks(_ need: AccessNeed, token: String?) -> RequestMarks {
        RequestMarks(
            isMutation: need.isMutation, authorization: token.map { "Bearer \($0)" }, host: "central:8080")
    }

    private func status(_ decision: Result<Principal, APIError>) -> Int {
        switch decision {
        case .success: 200
        case .failure(let error): error.status.code
        }
    }
}

@Suite("Where a server listens")
struct BindDecisionTests {
    @Test(
        "without a token only this machine is served, unless that is allowed by name",
        arguments: [
            ("0.0.0.0", true, false, "0.0.0.0", false), ("0.0.0.0", false, false, "127.0.0.1", true),
            ("::", false, false, "::1", true), ("localhost", false, false, "localhost", true),
            ("127.0.0.2", false, false, "127.0.0.2", true), ("0.0.0.0", false, true, "0.0.0.0", false),
            ("10.0.0.1", true, true, "10.0.0.1", false),
        ])
    func table(host: String, hasToken: Bool, allow: Bool, bound: String, isLoopbackOnly: Bool) {
        let decision = BindDecision.decide(
            host: host, hasToken: hasToken, allowUnauthenticated: allow, section: "central")
        #expect(decision.host == bound)
        #expect(decision.isLoopbackOnly == isLoopbackOnly)
        #expect((decision.notice == nil) == hasToken)
    }

    @Test("the notice says which key to set")
    func notice() {
        let decision = BindDecision.decide(
            host: "0.0.0.0", hasToken: false, allowUnauthenticated: false, section: "fleet")
        #expect(
            decision.notice == "no token is configured: listening on 127.0.0.1 only; "
                + "set fleet.api_token to be reached from other hosts")
    }
}
