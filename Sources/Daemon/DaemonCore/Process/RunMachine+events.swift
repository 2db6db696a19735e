/// What is asked of a run, and what is found in its folder.
extension RunMachine {
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .launch(let generation): launch(generation)
        case .find(let generation): find(generation)
        case .spawned(let connection): spawned(connection)
        case .kept(let keeping): kept(keeping)
        case .refused(let reason): refused(reason)
        case .reached(let connection): reached(connection)
        case .silent: silent()
        case .remains(let remains): found(remains)
        case .said(let message, let connection): said(message, connection)
        case .lost(let connection): lost(connection)
        case .rested: rested()
        case .introductionOver: introductionOver()
        case .stop(let command): stop(command)
        case .acknowledged: acknowledged()
        }
    }

    private mutating func launch(_ generation: Int64) -> [Action] {
        guard state == .new else { return [] }
        self.generation = generation
        state = .beginning(tries: 0)
        return [.spawn(adopting: nil)]
    }

    private mutating func find(_ generation: Int64?) -> [Action] {
        guard state == .new else { return [] }
        self.generation = generation
        told = .isAwaited
        state = .searching(tries: 0)
        return [.look]
    }

    private mutating func spawned(_ connection: Int) -> [Action] {
        switch state {
        case .beginning: state = .watched(Watch(connection: connection))
        case .searching: state = .watched(Watch(connection: connection, isAdopting: true))
        case .new, .watched, .over, .closed: return []
        }
        return asked.map { [.send($0)] } ?? []
    }

    private mutating func kept(_ keeping: Keeping) -> [Action] {
        switch state {
        case .beginning(let tries):
            // One that is led here ends: it waits for that as long as it takes, or until it is stopped.
            guard keeping == .otherRun || tries < Pause.mostForFolder else { return fail(.folderKept(keeping)) }
            state = .beginning(tries: keeping == .otherRun ? min(tries + 1, Pause.slowest) : tries + 1)
            return [.rest(seconds: Pause.forFolder(tries))]
        case .searching: return silent()
        case .new, .watched, .over, .closed: return []
        }
    }

    private mutating func refused(_ reason: String) -> [Action] {
        switch state {
        case .beginning: return fail(.refused(reason))
        case .searching(let tries):
            // Its process lives, and as long as it does, its end must not be told: another would be begun beside it.
            state = .searching(tries: min(tries + 1, Pause.slowest))
            let pause = Action.rest(seconds: Pause.forKeeper(tries))
            return tries == 0 ? [.warn(.cannotBeWatched(reason)), pause] : [pause]
        case .new, .watched, .over, .closed: return []
        }
    }

    private mutating func reached(_ connection: Int) -> [Action] {
        guard case .searching = state else { return [] }
        state = .watched(Watch(connection: connection))
        return asked.map { [.send($0)] } ?? []
    }

    mutating func silent() -> [Action] {
        guard case .searching(let tries) = state else { return [] }
        guard tries < Pause.mostForKeeper else { return [.warn(.unreachable)] + fail(.unreachable) }
        state = .searching(tries: tries + 1)
        return [.rest(seconds: Pause.forKeeper(tries))]
    }

    private mutating func found(_ remains: Remains) -> [Action] {
        guard case .searching = state else { return [] }
        switch remains {
        case .nothing where told == .isAwaited:
            state = .closed
            return [.removeRecord, .answer(nil), .forget]
        case .nothing, .gone: return end(.unknown)
        case .ended(let outcome): return end(outcome)
        case .orphan(let record):
            let warnings: [Action] = lostConnections < Pause.slowest ? [.warn(.lostKeeper(pid: record.pid))] : []
            return warnings + [.spawn(adopting: record)]
        }
    }

    private mutating func lost(_ connection: Int) -> [Action] {
        switch state {
        case .watched(let watch) where watch.connection == connection:
            return search()
        case .over(connection):
            state = .over(connection: nil)
            return []
        case .new, .beginning, .watched, .searching, .over, .closed: return []
        }
    }

    mutating func search() -> [Action] {
        state = .searching(tries: 0)
        lostConnections = min(lostConnections + 1, Pause.slowest)
        return lostConnections == 1 ? [.look] : [.rest(seconds: Pause.forFolder(lostConnections))]
    }

    private func rested() -> [Action] {
        switch state {
        case .beginning: [.spawn(adopting: nil)]
        case .searching: [.look]
        case .new, .watched, .over, .closed: []
        }
    }

    private mutating func introductionOver() -> [Action] {
        guard told == .isAwaited else { return [] }
        switch state {
        case .watched, .searching:
            state = .closed
            return [.warn(.noIntroduction), .answer(nil), .disconnect, .forget]
        case .new, .beginning, .over, .closed: return []
        }
    }

    private mutating func stop(_ command: String) -> [Action] {
        switch state {
        case .beginning: return fail(.stoppedBefore)
        case .watched:
            asked = command
            return [.send(command)]
        case .searching:
            asked = command
            return []
        case .new, .over, .closed: return []
        }
    }

    private mutating func acknowledged() -> [Action] {
        guard case .over(let connection) = state else { return [] }
        state = .closed
        return (connection == nil ? [] : [.send("bye\n")]) + [.removeRecord, .forget]
    }
}
