import Glibc

/// Turns the step that failed and its errno into a sentence for `last_error`.
enum LaunchFailure {
    static func sentence(step: String, errno code: Int32, plan: LaunchPlan) -> String {
        let program = plan.arguments.first ?? ""
        switch (step, code) {
        case ("exec", ENOENT):
            return "cannot start '\(program)': no such file, neither here nor in PATH"
        case ("exec", EACCES):
            return "cannot start '\(program)': permission denied; is it executable (chmod +x)?"
        case ("exec", ENOEXEC):
            return "cannot start '\(program)': not a program; a script needs a first line such as #!/bin/sh"
        case ("exec", ENOMEM):
            return "cannot start '\(program)': memory_limit_mb is too small to load it"
        case ("exec", _):
            return "cannot start '\(program)': \(errorText(code))"
        case ("chdir", _):
            return "cannot enter the working directory '\(plan.workingDirectory)': \(errorText(code))"
        case ("nice", EACCES), ("nice", EPERM):
            return "cannot set cpu_nice \(plan.nice ?? 0): only root may raise the priority"
        case ("user", _):
            return "cannot become user '\(plan.user ?? "")': \(errorText(code))"
        case ("state-directory", _):
            return "cannot use the state directory of the workload: \(errorText(code))"
        default:
            return "cannot start '\(program)': \(step): \(errorText(code))"
        }
    }
}
