import FleetModel
import HTTPTypes

/// An answer that is not the wished one: its status, and a sentence that says what to do.
package struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
    package var status: HTTPResponse.Status
    package var detail: String
    /// Only where files did not validate.
    package var errors: [ConfigIssue]?
    /// Only where another client was meant than the one that answers: its name.
    package var clientName: String?
    /// Further headers, `Allow` for example.
    package var headers: HTTPFields
    /// The connection is closed after the answer: what else comes on it is not worth reading.
    package var closesConnection: Bool

    package init(
        _ status: HTTPResponse.Status, _ detail: String, errors: [ConfigIssue]? = nil, headers: HTTPFields = [:],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.closesConnection = closesConnection
    }

    package var description: String { detail }
}

extension APIError {
    package static func badRequest(_ detail: String) -> APIError { APIError(.badRequest, detail) }
    /// 421: the request was meant for another client, and nothing was done.
    package static func otherClient(_ name: String, meant: String) -> APIError {
        var error = APIError(
            .misdirectedRequest,
            "this is client '\(name)', not '\(meant.cut(toBytes: 64))', and nothing was done: correct its address in the "
                + "inventory")
        error.clientName = name
        return error
    }

    package static func notFound(_ detail: String) -> APIError { APIError(.notFound, detail) }

    /// 422: files that do not validate.
    package static func invalidConfiguration(_ issues: [ConfigIssue]) -> APIError {
        let count = issues.count == 1 ? "1 error" : "\(issues.count) errors"
        return APIError(
            .unprocessableContent, "nothing was changed: the configuration has \(count); run 'master-control validate'",
            errors: issues)
    }

    /// 413. The rest of the body is not read.
    package static func tooLarge(limit: Int) -> APIError {
        APIError(
            .contentTooLarge, "the body is too large: at most \(limit / 1024) KiB are read", closesConnection: true)
    }
}
