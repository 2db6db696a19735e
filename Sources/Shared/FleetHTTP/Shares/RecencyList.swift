/// Elements in the order of their last use; each operation takes the same time however many there are.
struct RecencyList<Element: Hashable & Sendable>: Sendable {
    private struct Links {
        var older: Element?
        var newer: Element?
    }

    private var links: [Element: Links] = [:]
    private(set) var oldest: Element?
    private var newest: Element?

    var count: Int { links.count }
    var isEmpty: Bool { links.isEmpty }

    func contains(_ element: Element) -> Bool { links[element] != nil }

    /// Makes it the newest, whether it was there or not.
    mutating func use(_ element: Element) {
        if newest == element { return }
        remove(element)
        links[element] = Links(older: newest)
        if let newest { links[newest]?.newer = element }
        newest = element
        if oldest == nil { oldest = element }
    }

    mutating func remove(_ element: Element) {
        guard let gone = links.removeValue(forKey: element) else { return }
        if let older = gone.older { links[older]?.newer = gone.newer } else { oldest = gone.newer }
        if let newer = gone.newer { links[newer]?.older = gone.older } else { newest = gone.older }
    }
}
