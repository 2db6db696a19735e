import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("One socket has one daemon")
struct SocketTests {
    @Test("of two folders with one path the second is refused, told by whom, and each command reaches its own daemon")
    func twoFolders() async throws {
        try await withHosts(2) { hosts in
            let (first, second) = (hosts[0], hosts[1])
            let shared = ["MCTL_SOCKET_PATH": first.folder + "/s"]
            try first.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
            try second.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
            try await first.up()
            let refused = try await second.run("up", environment: shared)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("is in use"), "\(refused.errors)")
            #expect(refused.errors.contains("pid \(first.daemonPID)"), "\(refused.errors)")
            // Nothing of it was begun.
            #expect(second.read("logs/ticker.log").isEmpty)
            #expect(first.isUp)
            #expect(try await first.run("list").status == 0)

            // Who says which folder is meant does not reach the other one.
            for command in ["list", "down"] {
                let astray = try await second.run(command, "--db-path", "./master_control.db", environment: shared)
                #expect(astray.status == 1)
                #expect(astray.errors.contains("is another one"), "\(astray.errors)")
            }
            let astray = try await second.run("reload", "--config-dir", "./configs", environment: shared)
            #expect(astray.errors.contains("is another one"), "\(astray.errors)")
            #expect(
                try await first.run("list", "--config-dir", "configs", "--db-path", "master_control.db").status == 0)
            #expect(first.isUp)

            #expect(try await first.run("down").status == 0)
            #expect(!first.isUp)
            try await second.up()
        }
    }

    @Test("a socket of another program is left to it")
    func another() async throws {
        try await withHost { host in
            let other = try Child(
                "/usr/bin/python3",
                ["-c", "import socket,time; s=socket.socket(socket.AF_UNIX); s.bind('s'); s.listen(); time.sleep(60)"],
                in: host.folder, environment: [:])
            defer { other.signal(SIGKILL) }
            let path = host.folder + "/s"
            _ = try await until("it listens") { FileManager.default.fileExists(atPath: path) ? true : nil }
            let up = try await host.run("up")
            #expect(up.status == 1)
            #expect(up.errors.contains("is in use"), "\(up.errors)")
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(other.isRunning)
        }
    }

    @Test("a socket that was removed is made anew while the daemon runs")
    func removed() async throws {
        try await withHost { host in
            try await host.up()
            #expect(unlink(host.folder + "/s") == 0)
            _ = try await until("it answers again") { try await host.run("list").status == 0 ? true : nil }
            #expect(try await host.run("down").status == 0)
            #expect(!host.isUp)
            #expect(!FileManager.default.fileExists(atPath: host.folder + "/s"))
        }
    }

    @Test("down returns when the process has gone, ten times of ten", arguments: [[], ["--keep-workloads"]])
    func gone(_ options: [String]) async throws {
        try await withHost { host in
            for _ in 0..<10 {
                try await host.up()
                #expect(try await host.run(arguments: ["down"] + options).status == 0)
                #expect(!host.isUp)
            }
        }
    }

    @Test("SIGUSR1 ends the daemon and leaves its workloads, as a restart of the service does")
    func keeping() async throws {
        try await withHost { host in
            try host.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
            try await host.up()
            let before = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            kill(host.daemonPID, SIGUSR1)
            try await host.untilDown()
            #expect(kill(before.pid ?? 0, 0) == 0)
            try await host.up()
            #expect(try await host.until("ticker", "is known to run") { $0.status == .running }.pid == before.pid)
        }
    }

    @Test("programs are found beside one another, whatever the folders above them are called")
    func folders() {
        #expect(
            TestHost.beside("/home/a/master-control/.build/debug/master-control", "mc-console")
                == "/home/a/master-control/.build/debug/mc-console")
    }
}
