import FleetModel

/// The keys of one workload.
enum WorkloadKeys {
    static let table = KeyTable<WorkloadDraft>(
        name: "a workload", keys: identity + program + standing + timing + bounds + order + upkeep, check: check)

    private static let identity: [ConfigKey<WorkloadDraft>] = [
        .key(
            "name", .name, \.spec.name,
            "What the workload is called, on all files of the host only once; required."),
        .key(
            "type", .word(WorkloadType.self), \.spec.type, standard: "service",
            "What kind of program it is; for the reader only."),
        .key(
            "run_mode", .word(RunMode.self), \.spec.runMode, standard: "forever",
            "`forever` restarts it whenever it ends, `n_times` runs it `max_runs` times, `schedule` at set times."),
        .key("enabled", .bool, \.spec.enabled, standard: "true", "`false` keeps it from being started by itself."),
        .key("tags", .tags, \.spec.tags, standard: "none", "Words to find it by; a change restarts nothing."),
        .optional("version", .version, \.spec.version, "Version of the workload, for the reader only."),
    ]

    private static let program: [ConfigKey<WorkloadDraft>] = [
        .optional(
            "module", .module, \.module,
            "Python module to run; imported from the release the workload comes from, otherwise from the working "
                + "directory of the daemon. Either this or `command`."),
        .key(
            "entry_point", .function, \.entryPoint, standard: "run",
            "Function of the module to call; a coroutine is awaited. Only with `module`."),
        .key(
            "params", .arguments, \.params, standard: "none",
            "Keyword arguments of the function. Only with `module`."),
        .key(
            "python", .path, \.python, standard: "python3",
            "Interpreter, as a path or a name to be found in `PATH`. Only with `module`."),
        .optional(
            "command", .command, \.command,
            "Program and arguments, without a shell. Either this or `module`."),
        .optional(
            "working_dir", .path, \.spec.workingDir, standard: "the release, otherwise the daemon's",
            "Directory the workload runs in."),
    ]

    /// As whom it runs, and what it has of its own. Holds for its probes too.
    private static let standing: [ConfigKey<WorkloadDraft>] = [
        .key(
            "env", .environment, \.spec.env, standard: "none",
            "Environment variables. Beside these a workload has `PATH`, `LANG`, `LC_*` and `TZ` of the daemon, "
                + "`HOME`, `USER`, `LOGNAME` and `SHELL` of its user, and what the next two keys say."),
        .optional(
            "env_file", .path, \.spec.envFile,
            "File of lines `NAME=VALUE`, read by the user of the workload when a run begins; `env` wins over it. It "
                + "must belong to that user or root, and others may not write to it."),
        .key(
            "inherit_env", .inheritedVariables, \.spec.inheritEnv, standard: "none",
            "Variables of the daemon's environment, by their whole names, that the workload gets too."),
        .optional(
            "user", .account, \.spec.user, standard: "the daemon's",
            "User to run as, a name or a number; needs a daemon run by root. Another one than root has no "
                + "capabilities, and gets none."),
        .optional(
            "group", .group, \.spec.group, standard: "the user's",
            "Group to run in, a name or a number; needs a daemon run by root."),
        .optional(
            "umask", .umask, \.spec.umask, standard: "the daemon's", "Permissions that new files do not get."),
        .section(
            "limits", ProcessLimitKeys.table, \.spec.limits,
            "What each of its processes may use at most."),
        .key(
            "no_new_privileges", .bool, \.spec.noNewPrivileges, standard: "true",
            "Programs such as `sudo` and `ping` give the workload no more than it has."),
    ]

    private static let timing: [ConfigKey<WorkloadDraft>] = [
        .optional(
            "schedule", .schedule, \.spec.schedule,
            "When to run, by the rules of crontab(5). Required with `run_mode: schedule`, an error with any other."),
        .optional(
            "timezone", .timezone, \.spec.timezone, standard: "the host's", "Zone the schedule is read in."),
        .key(
            "overlap", .word(OverlapRule.self), \.spec.overlap, standard: "skip",
            "What to do when a schedule fires while the last run still lives."),
        .key(
            "missed_runs", .word(MissedRunsRule.self), \.spec.missedRuns, standard: "skip",
            "What to do about times that passed while the daemon was down: nothing, or one run."),
        .key(
            "max_runs", .count(), \.spec.maxRuns, standard: "1",
            "How often the workload runs. Only with `run_mode: n_times`."),
        .key(
            "restart_delay", .secondsOrNone, \.spec.restartDelay, standard: "5.0",
            "Seconds before the next start; doubled with each failure in a row, up to 60."),
        .optional(
            "max_restarts", .count(), \.spec.maxRestarts, standard: "no limit",
            "Restarts within `restart_window` after which it is given up as failed."),
        .key(
            "restart_window", .seconds, \.spec.restartWindow, standard: "600.0",
            "Seconds `max_restarts` are counted over."),
    ]

    private static let bounds: [ConfigKey<WorkloadDraft>] = [
        .optional(
            "timeout", .seconds, \.spec.timeout, standard: "no limit",
            "Seconds after which a run is stopped and counts as failed."),
        .optional(
            "memory_limit_mb", .integer(1...16_777_216, label: "whole number of MiB above 0"), \.spec.memoryLimitMB,
            standard: "no limit", "Address space in MiB (`RLIMIT_AS`); a warning at 90 % resident."),
        .optional(
            "cpu_nice", .integer(-20...19), \.spec.cpuNice, standard: "the daemon's",
            "Priority, from -20 (highest) to 19 (lowest); below 0 needs a daemon run by root."),
        .key(
            "stop_signal", .signal, \.spec.stopSignal, standard: "TERM", "Signal that asks the workload to end."),
        .key(
            "stop_timeout", .seconds, \.spec.stopTimeout, standard: "10.0",
            "Seconds it has to end before it is killed."),
    ]

    private static let order: [ConfigKey<WorkloadDraft>] = [
        .key(
            "depends_on", .locatedList("list of workload names", of: .name, atMost: 1000), \.dependsOn,
            standard: "none", "Workloads that must be up before this one starts."),
        .section("ready", ProbeKeys.table, \.probe, "How to find out that it is up; without it, up is running."),
    ]

    private static let upkeep: [ConfigKey<WorkloadDraft>] = [
        .key(
            "log_max_mb", .integer(1...10_000), \.spec.logMaxMB, standard: "10",
            "Size in MiB at which the log is rotated."),
        .key(
            "log_keep", .integer(0...100), \.spec.logKeep, standard: "5",
            "Rotated logs that are kept; older ones are removed when the next run begins."),
        .key(
            "log_wait_seconds", .secondsOrNone, \.spec.logWaitSeconds, standard: "60.0",
            "Seconds that the last output of a run that has ended waits for a disk that is full, a day at most."),
    ]
}

// MARK: - Rules of more than one key

extension WorkloadKeys {
    @Sendable
    private static func check(_ present: PresentKeys, _ draft: inout WorkloadDraft, _ log: inout IssueLog) {
        draft.position = present.section
        draft.namePosition = present.valuePosition(of: "name")
        if !present.contains("name") {
            log.report("a workload needs a 'name'", at: present.section)
        }
        checkMode(present, draft, &log)
        checkProgram(present, &draft, &log)
        draft.spec.dependsOn = draft.dependsOn.map(\.value)
        for dependency in draft.dependsOn where dependency.value == draft.spec.name {
            log.report("a workload cannot depend on itself", at: dependency.position)
        }
        if present.contains("ready") { draft.spec.ready = draft.probe.probe }
    }

    private static func checkMode(_ present: PresentKeys, _ draft: WorkloadDraft, _ log: inout IssueLog) {
        // Where the mode itself is wrong nothing follows from it.
        if present.contains("run_mode"), !present.isWord("run_mode", of: RunMode.self) { return }
        let mode = draft.spec.runMode
        if mode == .schedule, !present.contains("schedule") {
            log.report("'run_mode: schedule' needs a 'schedule'", at: present.position(of: "run_mode"))
        }
        if mode != .schedule, present.contains("schedule") {
            log.report(
                "'schedule' is only for 'run_mode: schedule', and this workload runs '\(mode.rawValue)'",
                at: present.position(of: "schedule"))
        }
        if mode != .nTimes, present.contains("max_runs") {
            log.report(
                "'max_runs' is only for 'run_mode: n_times', and this workload runs '\(mode.rawValue)'",
                at: present.position(of: "max_runs"))
        }
    }

    private static func checkProgram(_ present: PresentKeys, _ draft: inout WorkloadDraft, _ log: inout IssueLog) {
        switch (present.contains("module"), present.contains("command")) {
        case (true, true):
            log.report(
                "a workload has either 'module' or 'command', not both", at: present.position(of: "command"))
        case (false, false):
            log.report("a workload needs a 'module' or a 'command' to run", at: present.section)
        case (true, false):
            if let module = draft.module {
                draft.spec.program = .module(
                    module, entryPoint: draft.entryPoint, params: draft.params, python: draft.python)
            }
        case (false, true):
            if let command = draft.command { draft.spec.program = .command(command) }
            for name in ["entry_point", "params", "python"] where present.contains(name) {
                log.report("'\(name)' is only for a 'module'", at: present.position(of: name))
            }
        }
    }
}

extension PresentKeys {
    fileprivate func isWord<Word: RawRepresentable<String>>(_ name: String, of type: Word.Type) -> Bool {
        places[name]?.value.text.flatMap { Word(rawValue: $0) } != nil
    }
}
