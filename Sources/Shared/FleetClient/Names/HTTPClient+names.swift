import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

extension HTTPClient {
    /// The head of an answer, wherever its host is named: names are looked up by `HostNames`, and where one has several
    /// addresses the next is tried if nobody is at the first. All requests of ours go this way; how long it may take
    /// is for whoever asks.
    ///
    /// - Throws: `NameNotFound`, and what `execute` throws.
    package func reach(
        _ request: HTTPClientRequest, names: HostNames = .shared
    ) async throws -> HTTPClientResponse {
        guard let place = NamedURL(request.url) else { return try await execute(request, deadline: .distantFuture) }
        var addresses = try await names.addresses(of: place.name)[...]
        guard place.isPlain else {
            // The library looks it up once more, and finds it: that is where names of certificates are checked.
            return try await execute(request, deadline: .distantFuture)
        }
        var request = request
        if !request.headers.contains(name: "Host") { request.headers.add(name: "Host", value: place.authority) }
        while let address = addresses.popFirst() {
            request.url = place.url(at: address)
            do {
                let response = try await execute(request, deadline: .distantFuture)
                names.worked(address, of: place.name)
                return response
            } catch  where Self.isNobody(error, asking: request.method) {
                names.failed(address, of: place.name)
                if addresses.isEmpty { throw error }
            }
        }
        throw NameNotFound(name: place.name, reason: "'\(place.name)' has no address")
    }

    /// Nobody has heard the request, so that it may be sent to another address.
    private static func isNobody(_ error: any Error, asking method: HTTPMethod) -> Bool {
        if let error = error as? HTTPClientError { return error == .connectTimeout }
        return switch (error as? IOError)?.errnoCode {
        case ECONNREFUSED: true
        // A connection that was there can break with these too: then somebody may have heard it.
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL: method == .GET
        default: false
        }
    }
}
