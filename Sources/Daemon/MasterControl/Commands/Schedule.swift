import ArgumentParser
import DaemonCore
import FleetConfig
import FleetModel
import FoundationEssentials

struct Schedule: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows when a workload's schedule, or a cron expression, fires next.",
        discussion: """
            In its time zone and in UTC. What has a blank in it or begins with @ is an expression, and needs no \
            configuration: master-control schedule '30 2 * * mon-fri' --tz Europe/Berlin --count 3
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption
    @Option(help: "The time after which to look, RFC 3339; default: now.")
    var from: String?
    @Option(help: "IANA name of the time zone; default: the workload's, or the host's.")
    var tz: String?
    @Option(help: "How many times, \(Count.words(Self.counts)).")
    var count = 5
    @Argument(help: "A workload, or an expression of five fields or like @hourly.")
    var schedule: String

    private static let counts = 1...1000

    private struct Times: Encodable { var times: [Timestamp] }

    func validate() throws {
        try Count.check(count, in: Self.counts, "--count")
        if let from, Timestamp(from) == nil {
            throw ValidationError("--from must be a time like 2026-01-31T12:00:00Z, not '\(from)'")
        }
        if let tz, let problem = ZoneName.problem(with: tz, shown: tz) { throw ValidationError("--tz \(problem)") }
    }

    func run() throws {
        let (expression, zoneName) = try find()
        if tz ?? zoneName == nil, let problem = HostZone.problem(in: ProcessInfo.processInfo.environment) {
            throw CommandFailure(problem)
        }
        guard let zone = SystemZone(named: tz ?? zoneName) else {
            throw CommandFailure("there is no time zone '\(tz ?? zoneName ?? "")'")
        }
        var times: [Timestamp] = []
        var after = from.flatMap { Timestamp($0) } ?? Output.now
        while times.count < count, let next = expression.next(after: after, in: zone) {
            times.append(next)
            after = next
        }
        if output.json {
            try Output.json(Times(times: times))
        } else {
            Output.lines(
                times.map { "\(local($0, in: zone))  \($0)  \(DisplayFormat.distance(from: Output.now, to: $0))" })
        }
    }

    private func find() throws -> (CronExpression, String?) {
        if schedule.contains(where: \.isWhitespace) || schedule.hasPrefix("@") {
            do throws(CronError) {
                return (try CronExpression(schedule), nil)
            } catch {
                throw CommandFailure("'\(schedule)' is no schedule: \(error)")
            }
        }
        let options = common.resolved()
        let reader = ConfigurationReader(environment: ProcessInfo.processInfo.environment)
        let settings = reader.daemonSettings(configDir: options.configDir).settings
        let installation = Installation(configDir: options.configDir, installDir: settings.fleet.installDir)
        let specs = reader.workloads(in: installation.workloadDirectories).specs
        guard let spec = specs.first(where: { $0.name == schedule }) else {
            throw CommandFailure(
                "there is no valid workload '\(schedule)' in '\(options.configDir)'"
                    + WorkloadNames.hint(for: schedule, among: specs.map(\.name)))
        }
        guard let expression = spec.schedule else {
            throw CommandFailure("workload '\(schedule)' has no schedule: its run_mode is \(spec.runMode.rawValue)")
        }
        return (expression, spec.timezone)
    }

    /// `Mon 2026-01-31 12:00:00 +0100`
    private func local(_ time: Timestamp, in zone: SystemZone) -> String {
        let second = floorDivide(time.milliseconds, 1000)
        let offset = zone.offset(at: second)
        let civil = CivilTime(utcSeconds: second + Int64(offset))
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][civil.weekday]
        let minutes = abs(offset) / 60
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(day) \(civil.year)-\(two(civil.month))-\(two(civil.day)) "
            + "\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second)) "
            + "\(offset < 0 ? "-" : "+")\(two(minutes / 60))\(two(minutes % 60))"
    }
}
