import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import FleetClient

@Suite("A server that is not there")
struct UnreachableTests {
    @Test(
        "a socket that does not exist, or that nobody listens at, says how to start a daemon", arguments: [false, true])
    func noDaemon(_ isLeftBehind: Bool) async throws {
        try await withFolder { folder in
            let path = folder + "/s"
            if isLeftBehind {
                let bound = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .bind(unixDomainSocketPath: path).get()
                // Closing removes the file; its other name stays, as after a kill -9.
                try #require(link(path, folder + "/kept") == 0)
                try await bound.close()
                try #require(rename(folder + "/kept", path) == 0)
            }
            let error = await failure { try await daemon(at: path).list() }
            #expect(
                error?.description
                    == "the daemon at '\(path)' cannot be reached: no daemon answers there; start one with "
                    + "'master-control up', or give its --socket-path")
        }
    }

    @Test("a path too long for a socket is told as such")
    func longPath() async throws {
        try await withFolder { folder in
            let longest = folder + "/" + String(repeating: "s", count: 102 - folder.utf8.count)
            #expect(longest.utf8.count == 103)
            let fits = await failure { try await daemon(at: longest).list() }
            #expect(fits?.description.contains("no daemon answers") == true)
            let tooLong = await failure { try await daemon(at: longest + "s").list() }
            #expect(tooLong?.description.contains("longer than 103 bytes; give a shorter --socket-path") == true)
        }
    }

    @Test("a path with blanks, percent signs and letters beyond ASCII is a path")
    func strangePath() async throws {
        try await withFolder { folder in
            let path = folder + "/a b%2F?#ü"
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(unixDomainSocketPath: path).get()
            let hasty = TimeLimits(prompt: 0.1, patient: 0.1)
            let client = DaemonClient(.socket(path: path), http: DaemonClientTests.http, limits: hasty)
            // It is reached: the server there just says nothing.
            #expect(
                await failure { try await client.list() } == .timedOut(server: "the daemon at '\(path)'", seconds: 0.1))
            try await channel.close()
        }
    }

    @Test("a socket of somebody else names its owner")
    func owner() throws {
        let root = SocketOwner.advice(for: "/")
        #expect(root == "permission denied; it belongs to user 'root': try as that user, with sudo for instance")
        #expect(SocketOwner.advice(for: "/nowhere/s").contains("a folder above it is closed to you"))
    }

    @Test("a port that nobody listens at asks whether it is the right one")
    func refused() async throws {
        // Bound and not listening, so that nobody else takes it meanwhile.
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        let central = CentralClient(url: "http://127.0.0.1:\(port)", token: nil, http: DaemonClientTests.http)
        let error = await failure { try await central.clients() }
        #expect(
            error?.description
                == "http://127.0.0.1:\(port) cannot be reached: connection refused; is it running, and is that its port?"
        )
        try await channel.close()
    }

    @Test("what is no address is told as such", arguments: ["http://a:b", "ftp://host", "host:1", ""])
    func noAddress(_ url: String) async throws {
        let error = await failure {
            try await CentralClient(url: url, token: nil, http: DaemonClientTests.http).clients()
        }
        #expect(error?.description.contains("one is like http://") == true, "\(String(describing: error))")
    }

    @Test("a token that cannot be sent is not shown either")
    func secrets() async throws {
        try await ScriptedServer.serving(.json("[]")) { server in
            let daemon = DaemonClient(server.address, token: "sesame\r\nX: y", http: DaemonClientTests.http)
            let error = await failure { try await daemon.list() }
            #expect(error != nil)
            #expect(!"\(String(describing: error))".contains("sesame"))
        }
    }

    private func daemon(at path: String) -> DaemonClient {
        DaemonClient(.socket(path: path), http: DaemonClientTests.http)
    }
}
