/// What its keeper says.
extension RunMachine {
    mutating func said(_ message: KeeperMessage, _ connection: Int) -> [Action] {
        guard case .watched(var watch) = state, watch.connection == connection else { return [] }
        switch message {
        case .hello(_, let pid, let said):
            if told == .isAwaited { generation = said }
            // Not the keeper of this run, wherever it comes from.
            guard said == generation ?? said else {
                state = .searching(tries: 0)
                return [.disconnect] + silent()
            }
            watch.keeper = pid
            state = .watched(watch)
            return []
        case .started(let pid, _, let at):
            defer { told = .started }
            return switch told {
            case .nothing: [.tell(.started(pid: pid, keeper: watch.keeper))]
            case .isAwaited: [.answer(.running(pid: pid, keeper: watch.keeper, startedAt: at))]
            case .started: []
            }
        case .failed(let step, let errno):
            guard !watch.isAdopting, told == .nothing else {
                // It could not take over what lives: there will be another, or its end.
                return [.disconnect] + search()
            }
            return fail(.program(step: step, errno: errno))
        case .ended(let outcome): return end(outcome)
        case .logError(let errno): return [.tell(.logTrouble(errorText(errno)))]
        case .logOK: return [.tell(.logTrouble(nil))]
        case .stuck(let count): return [.tell(.stuck(count))]
        case .tooLong: return []
        }
    }

    /// Nothing of it lives any more.
    mutating func end(_ outcome: RunOutcome) -> [Action] {
        if case .watched(let watch) = state {
            state = .over(connection: watch.connection)
        } else {
            state = .over(connection: nil)
        }
        return [told == .isAwaited ? .answer(.ended(outcome)) : .tell(.ended(outcome))]
    }

    mutating func fail(_ failure: Failure) -> [Action] {
        state = .closed
        return [told == .isAwaited ? .answer(nil) : .fail(failure), .disconnect, .forget]
    }
}
