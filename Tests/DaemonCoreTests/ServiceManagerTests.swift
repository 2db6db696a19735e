import FleetModel
import Foundation
import Logging
import Synchronization
import Testing

@testable import DaemonCore

@Suite("What systemd is told")
struct ServiceManagerTests {
    /// A socket as systemd's, that keeps what it gets.
    private final class Ear: Sendable {
        let descriptor: Int32
        let name: String

        init(isAbstract: Bool) {
            let mark = "mctl-notify-\(getpid())-\(UInt32.random(in: .min ... .max))"
            name = isAbstract ? "@" + mark : "/tmp/" + mark
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(name.utf8)
            if isAbstract { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
            let result = withUnsafeBytes(of: &address) {
                bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, length)
            }
            #expect(result == 0)
        }

        deinit {
            close(descriptor)
            unlink(name)
        }

        /// The next datagram; nil where none has come.
        func heard() -> String? {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    @Test("each word reaches the socket that it named, by path or by abstract name", arguments: [false, true])
    func words(isAbstract: Bool) throws {
        let ear = Ear(isAbstract: isAbstract)
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": ear.name])
        #expect(manager.isPresent)
        manager.ready()
        #expect(ear.heard() == "READY=1")
        manager.reloading()
        let reloading = try #require(ear.heard())
        #expect(reloading.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        let told = reloading.split(separator: "=").last.flatMap { Double($0) } ?? 0
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        #expect(abs(told / 1e6 - Double(now.tv_sec)) < 60)
        manager.alive("all well")
        #expect(ear.heard() == "WATCHDOG=1\nSTATUS=all well")
        manager.stopping()
        #expect(ear.heard() == "STOPPING=1\nSTATUS=Stopping")
        #expect(ear.heard() == nil)
    }

    @Test(
        "the watchdog's patience counts where it is meant for us",
        arguments: [
            (["WATCHDOG_USEC": "3000000"], 3), (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "12"], 3),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "13"], nil), ([:], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "99999999999999999999"], nil),
        ] as [([String: String], Double?)])
    func patience(_ variables: [String: String], seconds: Double?) {
        let environment = variables.merging(["NOTIFY_SOCKET": "/run/n"]) { $1 }
        #expect(ServiceManager(environment: environment, pid: 12).patience == seconds)
        #expect(ServiceManager(environment: variables, pid: 12).patience == nil)
    }

    @Test("nobody is told where nobody listens, or the name is none", arguments: [nil, "", "n", "/tmp/no/such", "@"])
    func absent(_ socket: String?) {
        let manager = ServiceManager(environment: socket.map { ["NOTIFY_SOCKET": $0] } ?? [:])
        manager.ready()
        manager.alive("")
        let long = ServiceManager(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)])
        long.stopping()
    }

    @Test(
        "the status says how many there are and how they are, those that run first",
        arguments: [
            ([], "0 workloads"), ([.running], "1 workload: 1 running"),
            ([.backoff, .stopped, .running, .running], "4 workloads: 2 running, 1 backoff, 1 stopped"),
        ] as [([WorkloadStatus], String)])
    func status(_ statuses: [WorkloadStatus], text: String) {
        #expect(PulseService.status(statuses) == text)
    }

    @Test("the journal has start, end and what is wrong, without a time of ours, and the file has all")
    func journal() throws {
        let said = Mutex<[String]>([])
        let path = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max)).log"
        defer { unlink(path) }
        let file = try DaemonLogFile(path: path)
        let time = SystemTime()
        let logger = Logger(label: "test") { _ in
            DaemonLogHandler(
                label: "test", file: file, terminal: nil, journal: { line in said.withLock { $0.append(line) } },
                now: { time.now().wall })
        }
        logger.notice("starting", metadata: ["version": "1"])
        logger.info("workload running")
        logger.warning("heartbeat failed")
        logger.error("not valid", metadata: ["issue": "a.yaml:1:2: x"])
        #expect(
            said.withLock { $0 } == [
                "<5>NOTICE starting version=1", "<4>WARNING heartbeat failed", "<3>ERROR not valid issue=a.yaml:1:2: x",
            ])
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 4)
    }

    @Test("output goes to the journal where it is the stream that systemd has made, and not where it was redirected")
    func stream() {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        var status = stat()
        #expect(fstat(ends[1], &status) == 0)
        #expect(Journal.takes(ends[1], stream: "\(status.st_dev):\(status.st_ino)"))
        #expect(!Journal.takes(ends[1], stream: "\(status.st_dev):\(status.st_ino + 1)"))
        #expect(!Journal.takes(ends[1], stream: nil))
        #expect(!Journal.takes(-1, stream: "8:1"))
    }
}
