import FleetModel

/// What each command does.
extension ConsoleModel {
    mutating func perform(_ command: Command) -> [Effect] {
        guard isAllowed(command) else {
            say(
                .warning,
                options.isReadOnly
                    ? "this console only looks (--read-only)" : "the token of '\(access?.name ?? "")' may not do this")
            return []
        }
        return effects(of: command)
    }

    private mutating func effects(of command: Command) -> [Effect] {
        switch command {
        case .down, .up, .top, .bottom, .pageDown, .pageUp, .halfDown, .halfUp: move(command)
        case .open: return open()
        case .back: return clearFilter() ? [] : goBack()
        case .close: return path.count == 1 ? [.quit] : goBack()
        case .lastView: return goToLastView()
        case .nextClient: return stepClient(1)
        case .previousClient: return stepClient(-1)
        case .otherPane: if detailSource() != nil { place.isDetailActive.toggle() }
        case .find: overlay = .prompt(screen.isText ? Prompt(.find) : tableFilter)
        case .findNext, .findPrevious: findAgain(backwards: command == .findPrevious)
        case .filter:
            overlay = .prompt(screen.isText ? Prompt(.textFilter, place.text.buffer.filter.text) : tableFilter)
        case .sortLeft: sort(by: -1)
        case .sortRight: sort(by: 1)
        case .invert: invertOrder()
        case .problems: if !screen.isText { active.problemsOnly.toggle() }
        case .freeze: toggleFrozen()
        case .mark: if !screen.isText { active.toggleMark() }
        case .markAll: if !screen.isText { active.marks.formUnion(active.rows) }
        case .unmarkAll: active.marks = []
        case .start: return begin(.start)
        case .stop: return begin(.stop)
        case .restart: return begin(.restart)
        case .reload: return begin(.reload)
        case .deploy: return beginDeploy()
        case .cancel: return beginOnDeployment(.cancel)
        case .pause: return beginOnDeployment(.pause)
        case .fleet: return show(.fleet)
        case .workloads: return show(.workloads)
        case .deployments: return show(.deployments)
        case .events: return show(.events)
        case .logs: return pushWorkload { .logs($0) }
        case .info: return pushWorkload { .info($0) }
        case .help: return screen == .help ? goBack() : push(.help)
        case .theme: return [.setTheme(nextTheme)]
        case .follow: toggleFollowing()
        case .wrap: if screen.isText { place.text.isWrapping.toggle() }
        case .times: if screen.isLog { place.text.hasTimes.toggle() }
        case .save: if screen.isText { overlay = .prompt(Prompt(.save, savePath)) }
        case .copy: if screen.isText { return copy() }
        case .commandLine: overlay = .prompt(Prompt(.command))
        case .redraw: return [.redraw]
        case .quit: return [.quit]
        case .suspend: return [.suspend]
        }
        return []
    }

    private var tableFilter: Prompt { Prompt(.filter(before: active.filter), active.filter) }

    private mutating func goToLastView() -> [Effect] {
        guard let last = lastPath else {
            say(.info, "there is no other view yet")
            return []
        }
        return go(to: last)
    }

    private mutating func invertOrder() {
        guard let source = activeSource() else { return }
        var order = active.sort ?? source.standardSort
        order.isInverted.toggle()
        active.sort = order
        active.goToTop()
    }

    private mutating func toggleFrozen() {
        frozen = frozen == nil ? (mirror, log, pictureTime) : nil
        path[path.count - 1].table.forgetOrder()
    }

    private mutating func pushWorkload(_ screen: (WorkloadID) -> Place.Screen) -> [Effect] {
        guard let id = workloadUnderCursor else {
            say(.info, "no workload is under the cursor")
            return []
        }
        return push(screen(id))
    }

    private var nextTheme: String {
        let names = Theme.shippedNames
        let index = names.firstIndex(of: theme.name) ?? -1
        return names[(index + 1) % names.count]
    }

    private mutating func toggleFollowing() {
        guard screen.isLog else { return }
        if place.text.top == nil { place.text.pause(height: layout.textRows) } else { place.text.top = nil }
    }
}
