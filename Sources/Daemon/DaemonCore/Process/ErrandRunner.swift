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
    private static let longestAnswer = 4096

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
        var keeper: pid_t = 0
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer: String
        do {
            let account = try Account(user: plan.context.user, group: plan.context.group)
            let request = KeeperRequest(
                plan: plan, work: .errand(command, account, seconds: seconds),
                controlGroup: controlGroup?.folder(ofRun: plan.runID))
            let descriptor = try spawn("\(plan.name)/\(purpose)", keeper: &keeper)
            answer = try await converse(over: descriptor, on: loop, saying: request.encoded(), seconds: seconds)
        } catch {
            if keeper > 0 { reapKeeper(keeper, on: loop) }
            return .failed((error as? LaunchError)?.reason ?? "its keeper cannot be reached: \(error)")
        }
        reapKeeper(keeper, on: loop)
        return outcome(answer, command: command, plan: plan)
    }

    private func spawn(_ name: String, keeper: inout pid_t) throws(LaunchError) -> Int32 {
        var pair: [Int32] = [-1, -1]
        let error = mcp_socket_pair(&pair)
        guard error == 0 else { throw LaunchError("cannot make a socket pair: \(errorText(error))") }
        let spawned = mcp_spawn_keeper(keeperPath, name, pair[1], -1, &keeper)
        close(pair[1])
        guard spawned == 0 else {
            close(pair[0])
            throw LaunchError("cannot start the keeper '\(keeperPath)': \(errorText(spawned))")
        }
        return pair[0]
    }

    /// Says one thing and hears all there is to hear. To be cancelled closes the connection, which ends the errand.
    private func converse(
        over descriptor: Int32, on loop: any EventLoop, saying request: ByteBuffer, seconds: Double
    ) async throws -> String {
        let connection = try await ClientBootstrap(group: loop).withConnectedSocket(descriptor) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        let channel = connection.channel
        let latest = TimeAmount.milliseconds(Int64((min(max(seconds, 0), 86_400) + Self.patience) * 1000))
        let alarm = loop.scheduleTask(in: latest) { channel.close(promise: nil) }
        defer { alarm.cancel() }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(request)
            var answer = ByteBuffer()
            for try await part in inbound where answer.readableBytes <= Self.longestAnswer {
                answer.writeImmutableBuffer(part)
            }
            return String(buffer: answer)
        }
    }

    private func outcome(_ answer: String, command: [String], plan: LaunchPlan) -> ErrandOutcome {
        for line in answer.split(separator: "\n") {
            switch KeeperMessage(line: line) {
            case .ended(let outcome): return .ended(outcome)
            case .tooLong: return .tookTooLong
            case .failed(let step, let code):
                return .failed(LaunchFailure(context: plan.context, program: command[0]).sentence(step, code))
            default: continue
            }
        }
        return .failed("its keeper ended without a word")
    }
}

/// A keeper ends right after it has closed its connection; until then it can't be reaped.
func reapKeeper(_ keeper: Int32, on loop: any EventLoop, after milliseconds: Int64 = 1) {
    guard mcp_reap(keeper) == 0 else { return }
    loop.scheduleTask(in: .milliseconds(milliseconds)) {
        reapKeeper(keeper, on: loop, after: min(milliseconds * 4, 10_000))
    }
}
