import CProcess
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
        plan.context.own["MCTL_RUN_ID"] = nil
        if case .module(let module, let entryPoint, _, let python) = spec.program {
            // No file is left behind this way.
            let runner = String(decoding: PackageResources.module_runner_py, as: UTF8.self)
            plan.arguments = [python, "-u", "-c", runner, module, entryPoint]
        }
        let account = try Account(user: plan.context.user, group: plan.context.group)
        var fields = FieldBlock()
        plan.context.write(plan.arguments, as: account, to: &fields)
        // It leads into this block until the program has taken over.
        var block = fields.characters
        var code: Int32 = 0
        let step = String(cString: mcp_become_described(&block, block.count, &code))
        let failure = LaunchFailure(context: plan.context, program: plan.arguments.first ?? "")
        throw LaunchError(failure.sentence(step, code))
    }
}
