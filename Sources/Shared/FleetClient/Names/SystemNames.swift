import Glibc

/// Names as the system knows them: `/etc/hosts`, name servers, whatever `nsswitch.conf` says.
enum SystemNames {
    /// `EAI_NODATA` and `EAI_ADDRFAMILY`, which the headers have as extensions only.
    private static let noData: CInt = -5
    private static let addressFamily: CInt = -9

    /// Blocks until the system has an answer; where name servers are silent that may be half a minute.
    @Sendable static func lookUp(_ name: String) -> HostNames.Answer {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        switch code {
        case 0: break
        // No such name, or none with an address.
        case EAI_NONAME, noData, addressFamily: return .unknown
        case EAI_AGAIN: return .silence("no name server answers")
        case EAI_SYSTEM: return .silence("'\(String(cString: strerror(errno)))' is all that came back")
        default: return .silence("'\(String(cString: gai_strerror(code)))' is all that came back")
        }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            if let text = text(of: entry.pointee), !addresses.contains(text) { addresses.append(text) }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .unknown : .addresses(addresses)
    }

    /// Nil where no URL can have it: an address that is valid on one link only.
    private static func text(of entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return address.contains("%") ? nil : address
    }
}

/// A thread that may block, for as long as its work takes.
enum LookupThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body))
        var thread: pthread_t = 0
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        // No thread to be had: better here, where it blocks others, than not at all.
        guard code == 0 else { return work.takeRetainedValue().body() }
        pthread_detach(thread)
    }
}
