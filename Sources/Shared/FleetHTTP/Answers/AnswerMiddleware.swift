import FleetModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Makes an answer of whatever is thrown, and puts the headers on it that all answers have.
struct AnswerMiddleware: RouterMiddleware {
    let table: RouteTable
    let errorPage: Routes.ErrorPage?
    let onError: Routes.OnError?
    /// See `Routes.clientName`.
    let clientName: String?

    func handle(
        _ request: Request, context: FleetContext, next: (Request, FleetContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            if let clientName, let meant = request.headers[.mctlClient], meant != clientName {
                throw APIError.otherClient(clientName, meant: meant)
            }
            response = try await next(request, context)
        } catch is CancellationError {
            response = render(
                APIError(.serviceUnavailable, "the server is going down; try again", closesConnection: true), request,
                context)
        } catch let error as APIError {
            response = render(error, request, context)
        } catch let error as HTTPError where error.status == .notFound {
            response = render(table.refusal(of: request), request, context)
        } catch let error where error is HTTPParserError || error is IOError || error is ChannelError {
            // The other side broke off, or never spoke HTTP: its fault, and nothing that the log should be full of.
            context.logger.debug("a request broke off", metadata: ["error": "\(error)"])
            response = render(APIError(.badRequest, "the request breaks off", closesConnection: true), request, context)
        } catch let error as any HTTPResponseError {
            response = render(APIError(error.status, "\(error.status.reasonPhrase): \(error)"), request, context)
        } catch {
            response = fault(error, request, context)
        }
        if let clientName { response.headers[.mctlClient] = clientName }
        response.headers[.xContentTypeOptions] = "nosniff"
        if !response.headers.contains(.cacheControl) { response.headers[.cacheControl] = "no-store" }
        // With `no-referrer` a browser calls the origin of our own forms `null`, and they would be refused.
        response.headers[.referrerPolicy] = "same-origin"
        return response
    }

    private func render(_ error: APIError, _ request: Request, _ context: FleetContext) -> Response {
        onError?(error, request, context)
        guard let errorPage, !request.uri.path.hasPrefix("/api/"), var page = errorPage(error, request) else {
            return .error(error)
        }
        for field in error.headers where field.name == .retryAfter { page.headers.append(field) }
        if error.closesConnection { page.headers[.connection] = "close" }
        return page
    }

    /// A fault of ours: the log has the cause, the answer only the number to find it by.
    private func fault(_ error: any Error, _ request: Request, _ context: FleetContext) -> Response {
        let id = String(UInt64.random(in: .min ... .max), radix: 16)
        context.logger.error(
            "a request failed",
            metadata: [
                "request_id": "\(id)", "method": "\(request.method.rawValue)", "path": "\(request.uri.path)",
                "error": "\(error)",
            ])
        let answer = APIError(
            .internalServerError, "something went wrong in the server; its log has the cause under request id \(id)")
        if let errorPage, !request.uri.path.hasPrefix("/api/"), let page = errorPage(answer, request) { return page }
        return .error(answer, requestID: id)
    }
}

extension HTTPField.Name {
    static let referrerPolicy = HTTPField.Name.known("Referrer-Policy")
    /// In a request of the central the client that is meant, in an answer of a daemon the one that answers.
    package static let mctlClient = HTTPField.Name.known(ClientHeader.name)
    package static let lastEventID = HTTPField.Name.known("Last-Event-ID")
    static let secFetchSite = HTTPField.Name.known("Sec-Fetch-Site")
    static let xForwardedFor = HTTPField.Name.known("X-Forwarded-For")
    static let xForwardedHost = HTTPField.Name.known("X-Forwarded-Host")
    static let xForwardedProto = HTTPField.Name.known("X-Forwarded-Proto")
    static let forwarded = HTTPField.Name.known("Forwarded")
    static let xAccelBuffering = HTTPField.Name.known("X-Accel-Buffering")

    /// For names of headers that stand in this file, which are valid.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("'\(name)' is no header") }
        return field
    }
}
