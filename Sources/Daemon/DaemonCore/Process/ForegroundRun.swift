import FleetConfig
import FleetModel
import Glibc

/// One run of a workload in place of this process: as its keeper would begin it, but with the terminal as it is.
///
/// There is no daemon, so nobody watches `timeout`, and output goes to the terminal and not to the log.
package enum ForegroundRun {
    /// Returns only where it could not be begun.
    /// - Throws: `LaunchError`.
    package static func become(_ spec: WorkloadSpec, environment: [String: String]) throws -> Never {
        guard let current = getcwd(nil, 0) else { throw LaunchError("the working directory is not there any more") }
        let root = String(cString: current)
        free(current)
        let paths = DaemonPaths(workingDirectory: root, logDirectory: root, runDirectory: root, moduleRunner: "")
        var plan = LaunchPlan(
            spec, generation: 0, runID: "", paths: paths, environment: environment,
            parameters: ModuleParameters.text(of:))
        plan.environment["MCTL_RUN_ID"] = nil
        if case .module(let module, let entryPoint, _, let python) = spec.program {
            // No file is left behind this way.
            let runner = String(decoding: PackageResources.module_runner_py, as: UTF8.self)
            plan.arguments = [python, "-u", "-c", runner, module, entryPoint]
        }
        try prepare(plan)
        let arguments: [UnsafeMutablePointer<CChar>?] = plan.arguments.map { strdup($0) } + [nil]
        for name in environment.keys where plan.environment[name] == nil { unsetenv(name) }
        for (name, value) in plan.environment { setenv(name, value, 1) }
        execvp(plan.arguments[0], arguments)
        throw LaunchError(LaunchFailure.sentence(step: "exec", errno: errno, plan: plan))
    }

    private static func prepare(_ plan: LaunchPlan) throws {
        func attempt(_ step: String, _ result: Int32) throws {
            guard result != 0 else { return }
            throw LaunchError(LaunchFailure.sentence(step: step, errno: errno, plan: plan))
        }
        if let nice = plan.nice {
            try attempt("nice", setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Int32(nice)))
        }
        if let user = plan.user {
            let account = try Account(user: user)
            try attempt("user", setgroups(account.groups.count, account.groups))
            try attempt("user", setgid(account.gid))
            try attempt("user", setuid(account.uid))
        }
        try attempt("chdir", chdir(plan.workingDirectory))
        if let megabytes = plan.memoryLimitMB {
            var limit = rlimit(rlim_cur: rlim_t(megabytes) << 20, rlim_max: rlim_t(megabytes) << 20)
            try attempt("memory", setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit))
        }
    }
}
