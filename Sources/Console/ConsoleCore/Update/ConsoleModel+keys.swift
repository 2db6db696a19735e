import FleetModel

/// Where a key goes: to what lies over the screen, or else to the command it stands for.
extension ConsoleModel {
    mutating func handle(_ key: Key) -> [Effect] {
        if size.isTooSmall {
            // What cannot be seen is not done.
            switch options.keymap.commands[key] {
            case .quit: return [.quit]
            case .suspend: return [.suspend]
            case .close: return path.count == 1 && overlay == nil ? [.quit] : []
            default: return []
            }
        }
        if key == .control("c") || options.keymap.commands[key] == .quit { return [.quit] }
        if case .mouse(let row, _, let action) = key { return handle(action, row: row) }
        if case .paste = key, !isTyping {
            say(.info, "pasted text is not taken as keys")
            return []
        }
        if overlay != nil, options.keymap.commands[key] != .suspend { return handleInOverlay(key) }
        if let message, key == .character("r"), message.target == Self.retryTarget { return retryFailed() }
        guard let command = options.keymap.commands[key] else {
            if case .character(let character) = key {
                let isChange = Keymap.standard.commands[key]?.isChange == true
                say(
                    .info,
                    isChange && options.isReadOnly
                        ? "this console only looks (--read-only)"
                        : "'\(character)' does nothing here; \(options.keymap.name(of: .help)) lists the keys")
            }
            return []
        }
        message = nil
        return perform(command)
    }

    private mutating func handle(_ action: Key.Mouse, row: Int) -> [Effect] {
        guard overlay == nil else { return [] }
        switch action {
        case .wheelUp: screen.isText ? scrollText(-3) : active.move(by: -3)
        case .wheelDown: screen.isText ? scrollText(3) : active.move(by: 3)
        case .press, .doublePress:
            guard !screen.isText else { break }
            let layout = layout
            if row >= layout.tableTop, row < layout.tableTop + layout.tableRows {
                let index = place.table.top + row - layout.tableTop
                guard index < place.table.rows.count else { break }
                place.isDetailActive = false
                place.table.move(to: index)
                if action == .doublePress { return open() }
            }
        }
        return []
    }

    // MARK: Moving

    mutating func move(_ command: Command) {
        if screen.isText {
            let page = layout.textRows
            switch command {
            case .down: scrollText(1)
            case .up: scrollText(-1)
            case .pageDown: scrollText(page - 1)
            case .pageUp: scrollText(1 - page)
            case .halfDown: scrollText(page / 2)
            case .halfUp: scrollText(-page / 2)
            case .top:
                place.text.pause(height: page)
                place.text.top = place.text.buffer.first
            default:
                if screen.isLog {
                    place.text.top = nil
                } else {
                    scrollText(place.text.buffer.count)
                }
            }
            return
        }
        let page = place.isDetailActive ? layout.detailRows : layout.tableRows
        switch command {
        case .down: active.move(by: 1)
        case .up: active.move(by: -1)
        case .pageDown: active.move(by: page)
        case .pageUp: active.move(by: -page)
        case .halfDown: active.move(by: max(1, page / 2))
        case .halfUp: active.move(by: -max(1, page / 2))
        case .top: active.move(to: 0)
        default: active.move(to: active.rows.count - 1)
        }
    }

    mutating func scrollText(_ steps: Int) {
        if place.text.top == nil && !screen.isLog { place.text.top = place.text.buffer.first }
        place.text.scroll(by: steps, height: layout.textRows, follows: screen.isLog)
    }

    mutating func findAgain(backwards: Bool) {
        guard screen.isText else { return }
        if place.text.buffer.search.isEmpty {
            say(.info, "nothing is searched for yet: \(options.keymap.name(of: .find)) does")
        } else if !place.text.find(backwards: backwards, height: layout.textRows) {
            say(.info, "'\(place.text.buffer.search.text)' is not there")
        }
    }

    mutating func sort(by steps: Int) {
        guard let source = activeSource() else { return }
        let columns = source.columns.map(\.name)
        let now = columns.firstIndex(of: (active.sort ?? source.standardSort).column) ?? 0
        active.sort = TableState.Sort(column: columns[(now + steps + columns.count) % columns.count])
        // Whoever sorts wants to see the top.
        active.goToTop()
    }

    mutating func clearFilter() -> Bool {
        if screen.isText {
            if !place.text.buffer.filter.isEmpty {
                place.text.buffer.setFilter("")
                return true
            }
            if !place.text.buffer.search.isEmpty {
                place.text.buffer.setSearch("")
                place.text.match = nil
                return true
            }
            return false
        }
        guard !active.filter.isEmpty || active.problemsOnly else { return false }
        active.filter = ""
        active.problemsOnly = false
        return true
    }
}
