import CProcess
import FleetModel
import Glibc
import NIOCore
import NIOPosix

/// How an errand went.
package enum ErrandOutcome: Hashable, Sendable {
    case ended(RunOutcome)
    case tookTooLong
    /// It could not be begun, with the reason as a sentence.
    case failed(String)
}

/// Runs short programs beside a run, on the same terms as the run: its user, limits, folder and variables.
///
/// Each has a keeper, which ends all of it: when the program has ended, when its time is over, when the task is cancelled
/// or this process ends, however it does.
package struct ErrandRunner: Sendable {
    let keeperPath: String
    let controlGroup: ControlGroup?
    /// A keeper answers within seconds of the time limit. Whoever stopped it must not stop us too.
    private static let patience = 15.0

    /// - Parameters:
    ///   - keeperPath: the program `mc-keeper`.
    ///   - controlGroup: where each errand may have a control group; nil where none is ours to divide.
    package init(keeperPath: String, controlGroup: ControlGroup? = nil) {
        self.keeperPath = keeperPath
        self.controlGroup = controlGroup
    }

    /// - Parameters:
    ///   - purpose: a word for the list of processes.
    ///   - plan: of the run it belongs to.
    func run(_ command: [String], for purpose: String, beside plan: LaunchPlan, seconds: Double) async -> ErrandOutcome
    {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        do throws(LaunchError) {
            let account = try Account(user: plan.context.user, group: plan.context.group)
            let request = KeeperRequest(
                plan: plan, work: .errand(command, account, seconds: seconds),
                controlGroup: controlGroup?.folder(ofRun: plan.runID))
            let (keeper, descriptor) = try spawn("\(plan.name)/\(purpose)")
            defer { reapKeeper(keeper, on: loop) }
            let talk = KeeperTalk(on: loop)
            let answer = await talk.ask(request.encoded(), over: descriptor, atMost: seconds + Self.patience)
            return outcome(answer, command: command, plan: plan)
        } catch {
            return .failed(error.reason)
        }
    }

    private func spawn(_ name: String) throws(LaunchError) -> (keeper: pid_t, descriptor: Int32) {
        var pair: [Int32] = [-1, -1]
        let error = mcp_socket_pair(&pair)
        guard error == 0 else { throw LaunchError("cannot make a socket pair: \(errorText(error))") }
        var keeper: pid_t = 0
        let spawned = mcp_spawn_keeper(keeperPath, name, pair[1], -1, &keeper)
        close(pair[1])
        guard spawned == 0 else {
            close(pair[0])
            throw LaunchError("cannot start the keeper '\(keeperPath)': \(errorText(spawned))")
        }
        return (keeper, pair[0])
    }

    private func outcome(_ answer: KeeperMessage?, command: [String], plan: LaunchPlan) -> ErrandOutcome {
        switch answer {
        case .ended(let outcome): .ended(outcome)
        case .tooLong: .tookTooLong
        case .failed(let step, let code):
            .failed(LaunchFailure(context: plan.context, program: command[0]).sentence(step, code))
        default: .failed("its keeper ended without a word")
        }
    }
}

/// A keeper ends right after it has closed its connection; until then it can't be reaped.
func reapKeeper(_ keeper: Int32, on loop: any EventLoop, after milliseconds: Int64 = 1) {
    guard mcp_reap(keeper) == 0 else { return }
    loop.scheduleTask(in: .milliseconds(milliseconds)) {
        reapKeeper(keeper, on: loop, after: min(milliseconds * 4, 10_000))
    }
}
