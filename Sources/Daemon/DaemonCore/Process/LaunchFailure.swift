import FleetModel
import Glibc

/// Turns the step that failed and its errno into a sentence for `last_error`.
struct LaunchFailure {
    var context: ExecutionContext
    var program: String

    func sentence(_ step: String, _ code: Int32) -> String {
        // Some steps carry a path, see mcp_explain_exec.
        let parts = step.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { return missing(parts[0] == "loader" ? "loader" : "interpreter", String(parts[1]), code) }
        return switch step {
        case "exec": execution(code)
        case "carriage-return":
            "cannot start '\(program)': its first line ends in a carriage return, as on Windows; save it with Unix line "
                + "ends (sed -i 's/\\r$//' FILE)"
        case "byte-order-mark":
            "cannot start '\(program)': it begins with a byte order mark, which hides its #!; save it without one"
        case "machine": "cannot start '\(program)': it is a program for another kind of machine, or damaged"
        case "chdir":
            "cannot enter the working directory '\(context.workingDirectory)'\(asUser): \(errorText(code))"
        case "env-file": variables(code)
        case "env-line":
            "the env_file '\(context.environmentFile ?? "")' has a line that is not NAME=VALUE: line \(code)"
        case "nice" where code == EACCES || code == EPERM:
            "cannot set cpu_nice \(context.nice ?? 0): only root may raise the priority"
        case "limit-files": limit("open_files", context.limits.openFiles, code)
        case "limit-processes": limit("processes", context.limits.processes, code)
        case "limit-core": limit("core_mb", context.limits.coreMB, code)
        case "limit-file-size": limit("file_mb", context.limits.fileMB, code)
        case "memory": "cannot set memory_limit_mb \(context.memoryLimitMB ?? 0): \(errorText(code))"
        case "user":
            "cannot become user '\(context.user ?? "root")'\(context.group.map { " and group '\($0)'" } ?? ""): "
                + errorText(code)
        case "capabilities":
            "cannot give up what root may do before running as user '\(context.user ?? "")': \(errorText(code)); "
                + "does the daemon have the capability CAP_SETPCAP?"
        case "privileges": "cannot set no_new_privileges: \(errorText(code))"
        case "state-directory": "cannot use the state directory of the workload: \(errorText(code))"
        default: "cannot start '\(program)': \(step): \(errorText(code))"
        }
    }

    private var asUser: String { context.user.map { " as user '\($0)'" } ?? "" }

    /// The file is there; what the system executes it with is not.
    private func missing(_ what: String, _ path: String, _ code: Int32) -> String {
        let reason =
            switch code {
            case ENOENT, ENOTDIR: "is not there"
            case EACCES: "may not be executed\(asUser)"
            default: "cannot be used: \(errorText(code))"
            }
        return "cannot start '\(program)': its \(what) '\(path)' \(reason)"
    }

    private func execution(_ code: Int32) -> String {
        let reason =
            switch code {
            case ENOENT: "no such file, neither here nor in PATH"
            case EACCES: "permission denied\(asUser); is it executable (chmod +x)?"
            case ENOEXEC: "not a program; a script needs a first line such as #!/bin/sh"
            case ENOMEM: "memory_limit_mb is too small to load it"
            case EAGAIN where context.limits.processes != nil:
                "the user has as many processes as limits.processes allows"
            default: errorText(code)
            }
        return "cannot start '\(program)': \(reason)"
    }

    private func variables(_ code: Int32) -> String {
        let reason =
            switch code {
            case EINVAL: "it is not a regular file"
            case EPERM: "it must belong to root or to the user of the workload, and not everybody may write to it"
            case EFBIG: "it is larger than 64 KiB"
            case EILSEQ: "it has a zero byte"
            default: errorText(code)
            }
        return "cannot read the env_file '\(context.environmentFile ?? "")'\(asUser): \(reason)"
    }

    private func limit(_ key: String, _ value: Int?, _ code: Int32) -> String {
        let reason =
            code == EPERM
            ? (geteuid() == 0 ? "the kernel allows less" : "the daemon itself has less, and only root may raise it")
            : errorText(code)
        return "cannot set limits.\(key) \(value ?? 0): \(reason)"
    }
}
