import CProcess
import FleetClient
import FleetConfig
import FleetModel
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Testing

@testable import DaemonCore

@Suite("Schedules on clocks that jump", .timeLimit(.minutes(2)))
struct ClockTests {
    private static func job(_ schedule: String) throws -> WorkloadSpec {
        var spec = WorkloadSpec(name: "job", program: .command(["true"]))
        spec.runMode = .schedule
        spec.schedule = try CronExpression(schedule)
        return spec
    }

    private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test(
        "a clock that was set back by two hours: a minute job runs at the next minute (V9)", arguments: [true, false])
    func setBack(isTold: Bool) async throws {
        try await SupervisorBench.with { bench, supervisor in
            try await supervisor.begin([Self.job("* * * * *")])
            try await bench.pass(30, supervisor)
            #expect(bench.launches == [try Self.time("2026-03-02T10:01:00Z")])
            bench.setClock(by: -7200)
            if isTold {
                bench.shifts.ring()
                try await bench.until {
                    try await supervisor.status("job").workload.nextRun == Self.time("2026-03-02T08:02:00Z")
                }
            }
            try await bench.pass(60, supervisor)
            #expect(bench.launches.last == (try Self.time("2026-03-02T08:02:00Z")))
            #expect(bench.launches.count == 2)
        }
    }

    @Test("a clock that is set ahead by hours causes no burst, and the next time is planned at once")
    func setAhead() async throws {
        try await SupervisorBench.with { bench, supervisor in
            try await supervisor.begin([Self.job("0 * * * *")])
            bench.setClock(by: 5 * 3600)
            bench.shifts.ring()
            try await bench.until {
                try await supervisor.status("job").workload.nextRun == Self.time("2026-03-02T16:00:00Z")
            }
            #expect(bench.launches.isEmpty)
        }
    }

    @Test("a clock that is corrected by a second just after a run does not cause another one for the same time")
    func smallStep() async throws {
        try await SupervisorBench.with { bench, supervisor in
            try await supervisor.begin([Self.job("* * * * *")])
            try await bench.pass(30, supervisor)
            bench.setClock(by: -1)
            bench.shifts.ring()
            try await bench.pass(59, supervisor)
            #expect(bench.launches.count == 1)
            try await bench.pass(3, supervisor)
            #expect(bench.launches.last == (try Self.time("2026-03-02T10:02:00Z")))
            #expect(bench.launches.count == 2)
        }
    }

    @Test("the host's zone changes: the next time is planned in the new one", arguments: [true, false])
    func zone(isTold: Bool) async throws {
        try await SupervisorBench.with { bench, supervisor in
            try await supervisor.begin([Self.job("0 12 * * *")])
            let before = try await supervisor.status("job").workload.nextRun
            #expect(before == (try Self.time("2026-03-02T12:00:00Z")))
            bench.setZone(secondsEast: 3600)
            if isTold { bench.shifts.ring() } else { try await bench.pass(31, supervisor) }
            try await bench.until {
                try await supervisor.status("job").workload.nextRun == Self.time("2026-03-02T11:00:00Z")
            }
            try await bench.pass(3600, supervisor)
            #expect(bench.launches == [try Self.time("2026-03-02T11:00:00Z")])
        }
    }

    @Test("a host that has slept: what waited for a time of either clock is looked at when it wakes")
    func slept() async throws {
        try await SupervisorBench.with { bench, supervisor in
            var service = WorkloadSpec(name: "service", program: .command(["true"]))
            service.restartDelay = 600
            try await supervisor.begin([Self.job("0 12 * * *"), service])
            try await bench.until { try await supervisor.status("service").workload.status == .scheduled }
            #expect(bench.launches.count == 1)
            bench.move(3 * 3600)
            bench.shifts.ring()
            try await bench.until { bench.launches.count == 2 }
            // Missed by an hour: not made up.
            #expect(try await supervisor.status("job").workload.nextRun == Self.time("2026-03-03T12:00:00Z"))
        }
    }

    @Test("what waits for a delay shows a true time after the clock was set")
    func shownTime() async throws {
        try await SupervisorBench.with { bench, supervisor in
            var service = WorkloadSpec(name: "service", program: .command(["true"]))
            service.restartDelay = 600
            try await supervisor.begin([service])
            try await bench.until { try await supervisor.status("service").workload.status == .scheduled }
            bench.setClock(by: -7200)
            bench.shifts.ring()
            try await bench.until {
                try await supervisor.status("service").workload.nextRun == Self.time("2026-03-02T08:10:30Z")
            }
        }
    }

    @Test("a daemon that was asked to go while it looks for earlier runs begins no workload (V11)")
    func leavesBeforeItBegins() async throws {
        try await SupervisorBench.with { bench, supervisor in
            bench.whenRecovering { supervisor.isLeaving.set() }
            try await supervisor.begin([WorkloadSpec(name: "service", program: .command(["true"]))])
            #expect(bench.launches.isEmpty)
        }
    }
}

@Suite("The timers and watches of the host", .timeLimit(.minutes(2)))
struct HostClockTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("an alarm rings for a time that has come, and each setting replaces the one before")
    func alarm() async throws {
        let alarm = try BootAlarm()
        alarm.set(after: 0.001)
        #expect(await alarm.rings.wait() == .rang)
        alarm.set(after: -5)
        #expect(await alarm.rings.wait() == .rang)
        alarm.set(after: 0)
        #expect(await alarm.rings.wait() == .rang)
        alarm.set(after: 3600)
        alarm.set(after: 0.001)
        #expect(await alarm.rings.wait() == .rang)
    }

    @Test("an alarm is a timer of the clock that its times are compared with (V10)")
    func clock() throws {
        let descriptor = mcp_alarm_open()
        defer { close(descriptor) }
        #expect(mcp_alarm_set(descriptor, 3_600_000_000_000) == 0)
        let info = try String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8)
        #expect(info.contains("clockid: \(CLOCK_BOOTTIME)\n"))
        #expect(mcp_alarm_set(descriptor, -1) == 0)
        let after = try String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8)
        #expect(after.contains("it_value: (0, 0)\n"))
    }

    @Test("the watch over the clock is one that the kernel ends when the clock is set, and is silent until then")
    func clockWatch() throws {
        let descriptor = mcp_clock_watch_open()
        defer { close(descriptor) }
        #expect(descriptor >= 0)
        #expect(mcp_timer_read(descriptor) == 0)
        let info = try String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8)
        #expect(info.contains("clockid: \(CLOCK_REALTIME)\n"))
        // TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET
        #expect(info.contains("settime flags: 03\n"))
    }

    @Test(
        "another zone of the host is noticed, however it is set",
        arguments: [
            "ln -s /usr/share/zoneinfo/UTC new && mv -T new localtime", "ln -sfn /usr/share/zoneinfo/UTC localtime",
            "rm localtime", "cp /usr/share/zoneinfo/UTC new && mv new localtime",
            "rm localtime; cp /usr/share/zoneinfo/UTC localtime",
        ])
    func zoneFile(how: String) async throws {
        let folder = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/localtime", withDestinationPath: "/usr/share/zoneinfo/Europe/Berlin")
        let watch = ClockWatch(zoneFile: folder + "/localtime", logger: Self.logger)
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-euc", how]
        shell.currentDirectoryURL = URL(fileURLWithPath: folder)
        try shell.run()
        #expect(await watch.shifts.wait() == .rang)
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
    }

    @Test("other files beside that of the zone say nothing")
    func otherFile() throws {
        let folder = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let descriptor = mcp_name_watch_open(folder)
        defer { close(descriptor) }
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/passwd"))
        #expect(mcp_name_watch_read(descriptor, "localtime") == 0)
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/localtime"))
        #expect(mcp_name_watch_read(descriptor, "localtime") == 1)
        #expect(mcp_name_watch_read(descriptor, "localtime") == 0)
    }
}

@Suite("A daemon that is asked to go while it begins", .timeLimit(.minutes(2)))
struct EarlyEndTests {
    enum When: CaseIterable, Sendable { case beforeItListens, whileItLooksForEarlierRuns, never }

    @Test("it begins no workload (V11)", arguments: When.allCases)
    func early(moment: When) async throws {
        let folder = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("name: a\ntype: service\nrun_mode: forever\ncommand: [sleep, '60']\n".utf8)
            .write(to: URL(fileURLWithPath: folder + "/a.yaml"))
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await SupervisorBench.with { bench, supervisor in
            let control = DaemonControl(
                supervisor: supervisor, installation: Installation(configDir: folder, installDir: folder),
                clientName: "test",
                paths: DaemonPaths(
                    workingDirectory: folder, logDirectory: folder, runDirectory: folder, moduleRunner: ""),
                reader: ConfigurationReader(environment: [:]), place: DaemonPlace(DaemonOptions()),
                manager: .absent,
                logger: quiet)
            let (listening, begun) = (Latch(), Latch())
            let group = ServiceGroup(
                services: [BeginService(control: control, listening: listening, begun: begun, manager: .absent)],
                logger: quiet)
            bench.whenRecovering {
                guard moment == .whileItLooksForEarlierRuns else { return }
                await group.triggerGracefulShutdown()
                _ = await supervisor.isLeaving.wait(seconds: 10)
            }
            async let running: Void = group.run()
            switch moment {
            case .beforeItListens:
                // It may have begun to wait, or not yet.
                await group.triggerGracefulShutdown()
                listening.countDown()
            case .whileItLooksForEarlierRuns: listening.countDown()
            case .never:
                listening.countDown()
                await begun.wait()
                await group.triggerGracefulShutdown()
            }
            try await running
            #expect(bench.launches.isEmpty == (moment != .never))
        }
    }
}
