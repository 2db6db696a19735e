import FleetConfig
import FleetModel
import Testing

@Suite("Keys of a workload")
struct WorkloadKeysTests {
    @Test(
        "a number or a truth value in quotes is told from one that is wrong",
        arguments: [
            (
                "run_mode: n_times\nmax_runs: \"3\"",
                "'max_runs' must be a whole number above 0: remove the quotes around '3'"
            ),
            (
                "restart_delay: '2.5'",
                "'restart_delay' must be a number of seconds, 0 or more: remove the quotes around '2.5'"
            ),
            ("enabled: \"no\"", "'enabled' must be true or false: remove the quotes around 'no'"),
            ("log_keep: '3'", "'log_keep' must be a whole number from 0 to 100: remove the quotes around '3'"),
            ("limits: {open_files: \"64\"}", "remove the quotes around '64'"),
            ("log_keep: '300'", "'log_keep' must be a whole number from 0 to 100, not '300'"),
        ])
    func quotes(line: String, message: String) throws {
        let reading = try ConfigFolder(["a.yaml": "name: a\ncommand: [x]\n\(line)\n"]).workloads()
        #expect(reading.issues.count == 1)
        #expect(reading.issues.first?.message.hasSuffix(message) == true, "\(reading.issues)")
    }

    @Test("every key is read into its place")
    func everyKey() throws {
        let folder = try ConfigFolder([
            "all.yaml": """
            name: all
            type: agent
            run_mode: schedule
            schedule: "*/5 * * * *"
            timezone: Europe/Berlin
            module: agents.collector
            entry_point: main
            params: {interval: 5, ratio: 0.5, name: "5", on: true, list: [1, x, null], deep: {a: 010}}
            python: /usr/bin/python3
            restart_delay: 0
            timeout: 12.5
            memory_limit_mb: 256
            cpu_nice: -20
            tags: [a, 1]
            version: 1.30
            env: {A: text, B: 010, C: true, D: "", E: 1.50}
            env_file: private/a.env
            inherit_env: [HTTPS_PROXY, _x1]
            working_dir: /srv
            user: nobody
            group: 4294967294
            umask: 027
            limits: {open_files: 4096, processes: 64, core_mb: 0, file_mb: 500}
            no_new_privileges: false
            stop_signal: SIGINT
            stop_timeout: 3
            max_restarts: 4
            restart_window: 60
            depends_on: [other]
            ready: {http: "http://127.0.0.1:8000/health", interval: 0.5, timeout: 9}
            overlap: kill
            missed_runs: once
            log_max_mb: 1
            log_keep: 0
            enabled: no
            """,
            "other.yml": "name: other\ncommand: [sleep, 60]\n",
        ])
        let reading = folder.workloads()
        #expect(reading.issues.short == [])
        #expect(reading.fileCount == 2)
        var expected = WorkloadSpec(
            name: "all",
            program: .module(
                "agents.collector", entryPoint: "main",
                params: [
                    "interval": .integer(5), "ratio": .number(0.5), "name": .string("5"), "on": .bool(true),
                    "list": .array([.integer(1), .string("x"), .null]), "deep": .object(["a": .integer(10)]),
                ], python: "/usr/bin/python3"))
        expected.type = .agent
        expected.runMode = .schedule
        expected.schedule = try CronExpression("*/5 * * * *")
        expected.timezone = "Europe/Berlin"
        expected.restartDelay = 0
        expected.timeout = 12.5
        expected.memoryLimitMB = 256
        expected.cpuNice = -20
        expected.tags = ["a", "1"]
        expected.version = "1.30"
        expected.env = ["A": "text", "B": "010", "C": "true", "D": "", "E": "1.50"]
        expected.workingDir = "/srv"
        expected.envFile = "private/a.env"
        expected.inheritEnv = ["HTTPS_PROXY", "_x1"]
        expected.user = "nobody"
        expected.group = "4294967294"
        expected.umask = 0o027
        expected.limits.openFiles = 4096
        expected.limits.processes = 64
        expected.limits.coreMB = 0
        expected.limits.fileMB = 500
        expected.noNewPrivileges = false
        expected.stopSignal = .int
        expected.stopTimeout = 3
        expected.maxRestarts = 4
        expected.restartWindow = 60
        expected.dependsOn = ["other"]
        var probe = ReadinessProbe(check: .http("http://127.0.0.1:8000/health"))
        probe.interval = 0.5
        probe.timeout = 9
        expected.ready = probe
        expected.overlap = .kill
        expected.missedRuns = .once
        expected.logMaxMB = 1
        expected.logKeep = 0
        expected.enabled = false
        #expect(reading.specs.first == expected)
        #expect(reading.specs.last == WorkloadSpec(name: "other", program: .command(["sleep", "60"])))
    }

    @Test("a key without a value counts as not set")
    func nulls() throws {
        let folder = try ConfigFolder(["a.yaml": "name: a\ncommand: [x]\ntimeout:\nschedule: null\nmax_runs: ~\n"])
        #expect(folder.workloads().issues.short == [])
        #expect(folder.workloads().specs == [WorkloadSpec(name: "a", program: .command(["x"]))])
    }

    /// Lines under `name: a` and `command: [x]`, and what is said about the first of them.
    static let refused: [(String, String)] = [
        ("memroy_limit_mb: 5", "3:1: unknown key 'memroy_limit_mb'; did you mean 'memory_limit_mb'?"),
        ("Timeout: 5", "3:1: unknown key 'Timeout'; did you mean 'timeout'?"),
        ("workload: []", "3:1: unknown key 'workload'; did you mean 'workloads'?"),
        ("memory_limit_mb: 0", "3:18: 'memory_limit_mb' must be a whole number of MiB above 0, not '0'"),
        ("memory_limit_mb: -1", "3:18: 'memory_limit_mb' must be a whole number of MiB above 0, not '-1'"),
        ("memory_limit_mb: 1.5", "3:18: 'memory_limit_mb' must be a whole number of MiB above 0, not '1.5'"),
        (
            "memory_limit_mb: \"5\"",
            "3:18: 'memory_limit_mb' must be a whole number of MiB above 0: remove the quotes around '5'"
        ),
        ("memory_limit_mb: 99999999999999999999", "3:18: 'memory_limit_mb' must be"),
        ("cpu_nice: 20", "3:11: 'cpu_nice' must be a whole number from -20 to 19, not '20'"),
        ("cpu_nice: -21", "3:11: 'cpu_nice' must be a whole number from -20 to 19, not '-21'"),
        ("timeout: 0", "3:10: 'timeout' must be a number of seconds above 0, not '0'"),
        ("timeout: -0.5", "3:10: 'timeout' must be a number of seconds above 0, not '-0.5'"),
        ("timeout: .inf", "3:10: 'timeout' must be a number of seconds above 0, not '.inf'"),
        ("timeout: nan", "3:10: 'timeout' must be"),
        ("timeout: 1e300", "3:10: 'timeout' must be at most 100000000 seconds"),
        ("timeout: [1]", "3:10: 'timeout' must be a number of seconds above 0, not a list"),
        ("restart_delay: -1", "3:16: 'restart_delay' must be a number of seconds, 0 or more, not '-1'"),
        ("stop_timeout: 0", "3:15: 'stop_timeout' must be"),
        ("restart_window: 0", "3:17: 'restart_window' must be"),
        ("max_restarts: 0", "3:15: 'max_restarts' must be a whole number above 0, not '0'"),
        ("log_max_mb: 0", "3:13: 'log_max_mb' must be a whole number from 1 to 10000, not '0'"),
        ("log_max_mb: 10001", "3:13: 'log_max_mb' must be a whole number from 1 to 10000"),
        ("log_keep: -1", "3:11: 'log_keep' must be a whole number from 0 to 100"),
        ("log_keep: 101", "3:11: 'log_keep' must be a whole number from 0 to 100"),
        ("type: daemon", "3:7: 'type' must be one of agent, script, service, not 'daemon'"),
        ("run_mode: always", "3:11: 'run_mode' must be one of schedule, forever, n_times, not 'always'"),
        ("overlap: wait", "3:10: 'overlap' must be one of skip, queue, kill, not 'wait'"),
        ("missed_runs: all", "3:14: 'missed_runs' must be one of skip, once, not 'all'"),
        ("stop_signal: STOP", "3:14: 'stop_signal' must be one of TERM, INT, HUP, QUIT, USR1, USR2, KILL, not 'STOP'"),
        ("enabled: maybe", "3:10: 'enabled' must be true or false, not 'maybe'"),
        ("enabled: 1", "3:10: 'enabled' must be true or false, not '1'"),
        ("version: ../1", "3:10: 'version' must be up to 64 letters"),
        ("user: -root", "3:7: 'user' must be the name of a user"),
        ("user: \"a b\"", "3:7: 'user' must be the name of a user"),
        ("user: -1", "3:7: 'user' must be the name of a user"),
        ("user: 4294967295", "3:7: 'user' must be the number of a user from 0 to 4294967294, not '4294967295'"),
        ("user: 18446744073709551616", "3:7: 'user' must be the number of a user"),
        ("user: 010", "3:7: 'user' must be the number of a user from 0 to 4294967294, not '010'"),
        ("user: 1.5", "3:7: 'user' must be the name of a user"),
        ("user: \"0\\n\"", "3:7: 'user' must have no control characters"),
        ("group: -1", "3:8: 'group' must be the name of a group"),
        ("group: 4294967295", "3:8: 'group' must be the number of a group"),
        ("umask: 1000", "3:8: 'umask' must be an umask of octal digits from 000 to 777, as in '027', not '1000'"),
        ("umask: 8", "3:8: 'umask' must be"),
        ("umask: -1", "3:8: 'umask' must be"),
        ("umask: 0x1f", "3:8: 'umask' must be"),
        ("inherit_env: PATH", "3:14: 'inherit_env' must be a list like '[a, b]', not a text"),
        ("inherit_env: [\"MY_*\"]", "3:15: 'inherit_env' has an element that must be the whole name of a variable"),
        ("inherit_env: [A=1]", "3:15: 'inherit_env' has an element that must be the whole name of a variable"),
        (
            "inherit_env: [MCTL_API_TOKEN]",
            "3:15: 'inherit_env' has an element that must not be MCTL_API_TOKEN: whoever"
        ),
        ("limits: 5", "3:9: 'limits' must be a mapping of keys to values"),
        ("limits: {open_file: 5}", "3:10: unknown key 'open_file'; did you mean 'open_files'?"),
        ("limits: {open_files: 15}", "3:22: 'open_files' must be a whole number from 16 to 1000000000, not '15'"),
        ("limits: {processes: 0}", "3:21: 'processes' must be a whole number"),
        ("limits: {core_mb: -1}", "3:19: 'core_mb' must be a whole number"),
        ("limits: {file_mb: 0}", "3:19: 'file_mb' must be a whole number"),
        ("no_new_privileges: 1", "3:20: 'no_new_privileges' must be true or false, not '1'"),
        ("env_file: \"\"", "3:11: 'env_file' must not be empty"),
        ("timezone: Mars/Base", "3:11: 'timezone' must be the name of a time zone"),
        ("tags: a", "3:7: 'tags' must be a list like '[a, b]', not a text"),
        ("tags: [[a]]", "3:8: 'tags' has an element that must be a text, not a list"),
        ("tags: [\"\"]", "3:8: 'tags' has an element that must not be empty"),
        ("env: [A]", "3:6: 'env' must be a mapping of names to values, not a list"),
        ("env: {1A: x}", "3:7: 'env' has the variable '1A'"),
        ("env: {A: [x]}", "3:10: 'env' must have a text"),
        ("env: {A: }", "'env' must have a text, a number or a truth value for 'A'"),
        ("working_dir: \"\"", "3:14: 'working_dir' must not be empty"),
        ("working_dir: \"a\\0b\"", "3:14: 'working_dir' must have no control characters"),
        ("depends_on: a", "3:13: 'depends_on' must be a list"),
        ("depends_on: [../x]", "3:14: 'depends_on' has an element that must be up to 64 letters"),
        ("depends_on: [a]", "3:14: a workload cannot depend on itself"),
        (
            "schedule: \"* * * * *\"",
            "3:1: 'schedule' is only for 'run_mode: schedule', and this workload runs 'forever'"
        ),
        ("max_runs: 3", "3:1: 'max_runs' is only for 'run_mode: n_times', and this workload runs 'forever'"),
        ("run_mode: schedule", "3:1: 'run_mode: schedule' needs a 'schedule'"),
        ("module: m", "2:1: a workload has either 'module' or 'command', not both"),
        ("entry_point: run", "3:1: 'entry_point' is only for a 'module'"),
        ("params: {}", "3:1: 'params' is only for a 'module'"),
        ("python: python3", "3:1: 'python' is only for a 'module'"),
        ("ready: {}", "3:8: 'ready' needs exactly one of 'exec', 'http' and 'tcp'"),
        ("ready: {tcp: 80, http: \"http://x\"}", "'ready' needs exactly one of"),
        ("ready: {tcp: 0}", "3:14: 'tcp' must be a port or address like"),
        ("ready: {tcp: \"::1:80\"}", "3:14: 'tcp' must be a port or address like"),
        ("ready: {http: ftp://x}", "3:15: 'http' must be a URL"),
        ("ready: {http: \"http://user@x/\"}", "3:15: 'http' must be a URL"),
        ("ready: {exec: x}", "3:15: 'exec' must be a list of a program"),
        ("ready: {tpc: 80}", "3:9: unknown key 'tpc'; did you mean 'tcp'?"),
        ("ready: true", "3:8: 'ready' must be a mapping of keys to values, not a truth value"),
        ("tags: !shell [x]", "3:7: the tag '!shell' is not read; leave it out"),
        ("<<: {a: b}", "3:1: the merge key '<<' is not read"),
        ("? [a]\n: b", "3:3: a key must be a plain word"),
    ]

    @Test("a wrong value is refused at its place, in a sentence that says what is right", arguments: refused)
    func refuses(line: String, expected: String) throws {
        let folder = try ConfigFolder(["a.yaml": "name: a\ncommand: [x]\n\(line)\n"])
        let reading = folder.workloads()
        #expect(
            reading.issues.short.contains { $0.hasPrefix(expected) || $0.contains(": " + expected) },
            "\(reading.issues.short)")
        #expect(reading.specs == [])
    }

    @Test(
        "what a workload needs is asked for",
        arguments: [
            ("command: [x]", ["1:1: a workload needs a 'name'"]),
            ("name: a", ["1:1: a workload needs a 'module' or a 'command' to run"]),
            ("name: ../a\ncommand: [x]", ["1:7: 'name' must be \(Identifier.nameRule), not '../a'"]),
            (
                "name: a\ncommand: x",
                ["2:10: 'command' must be a list of a program and its arguments, as in '[sleep, \"60\"]', not a text"]
            ),
            ("name: a\ncommand: []", ["2:10: 'command' must begin with a program"]),
            ("name: a\ncommand: [\"\"]", ["2:10: 'command' must begin with a program"]),
            ("name: a\ncommand: [x, ~]", ["2:14: 'command' has nothing where a text should be"]),
            (
                "name: a\nmodule: a/b",
                ["2:9: 'module' must be the name of a Python module like 'agents.collector', not 'a/b'"]
            ),
            (
                "name: a\nmodule: a..b",
                ["2:9: 'module' must be the name of a Python module like 'agents.collector', not 'a..b'"]
            ),
            (
                "name: a\nmodule: b\nentry_point: c()",
                ["3:14: 'entry_point' must be the name of a Python function like 'run', not 'c()'"]
            ),
            (
                "name: a\ncommand: [x]\nrun_mode: n_times\nmax_runs: 0",
                ["4:11: 'max_runs' must be a whole number above 0, not '0'"]
            ),
            (
                "name: a\ncommand: [x]\nrun_mode: schedule\nschedule: \"61 * * * *\"",
                ["4:11: 'schedule' is no schedule: the minute must be 0 to 59, not '61'"]
            ),
            (
                "name: a\ncommand: [x]\nrun_mode: shedule\nschedule: \"@daily\"",
                ["3:11: 'run_mode' must be one of schedule, forever, n_times, not 'shedule'"]
            ),
        ])
    func needs(text: String, expected: [String]) throws {
        let reading = try ConfigFolder(["a.yaml": text]).workloads()
        #expect(reading.issues.short == expected)
        #expect(reading.specs == [])
    }

    @Test("every error of a file is reported, in order")
    func everyError() throws {
        let text = "nmae: a\ncommand: x\ntimeout: -1\nworklaods: 1\ncpu_nice: 99\n"
        let reading = try ConfigFolder(["a.yaml": text]).workloads()
        #expect(reading.issues.map(\.line) == [1, 1, 2, 3, 4, 5])
    }

    @Test(
        "readiness probes",
        arguments: [
            ("{tcp: 80}", .tcp(host: "127.0.0.1", port: 80)), ("{tcp: \"db:5432\"}", .tcp(host: "db", port: 5432)),
            ("{tcp: \"[::1]:80\"}", .tcp(host: "::1", port: 80)),
            ("{exec: [test, -e, /x]}", .exec(["test", "-e", "/x"])),
            ("{http: \"https://h/x?y=1\"}", .http("https://h/x?y=1")),
        ] as [(String, ReadinessProbe.Check)])
    func probes(text: String, check: ReadinessProbe.Check) throws {
        let reading = try ConfigFolder(["a.yaml": "name: a\ncommand: [x]\nready: \(text)\n"]).workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs.first?.ready == ReadinessProbe(check: check))
    }

    @Test("the workloads of the guide are read")
    func guide() throws {
        let folder = try ConfigFolder([
            "p.yaml": """
            name: data_processor
            type: agent
            run_mode: forever
            module: agents.data_processor
            memory_limit_mb: 256
            """,
            "b.yaml": """
            name: background_task
            type: script
            run_mode: n_times
            max_runs: 1
            module: agents.background_task
            cpu_nice: 15
            """,
        ])
        let reading = folder.workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs.map(\.name) == ["background_task", "data_processor"])
        #expect(reading.specs.map(\.memoryLimitMB) == [nil, 256])
    }
}
