/// A colour as a theme names it.
package enum Colour: Hashable, Sendable {
    /// Whatever the terminal has.
    case standard
    /// 0 to 7 and, bright, 8 to 15.
    case terminal(Int)
    case rgb(UInt8, UInt8, UInt8)

    private static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

    init?(_ text: String) {
        if text == "default" {
            self = .standard
        } else if text.hasPrefix("#"), text.utf8.count == 7, let value = UInt32(text.dropFirst(), radix: 16) {
            self = .rgb(UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255))
        } else if let index = Self.names.firstIndex(of: text) {
            self = .terminal(index)
        } else if text.hasPrefix("bright_"), let index = Self.names.firstIndex(of: String(text.dropFirst(7))) {
            self = .terminal(index + 8)
        } else {
            return nil
        }
    }

    /// The number of the nearest colour that a terminal with so many has; -1 for its own.
    ///
    /// - Parameter count: 8, 16, 256, or 1 << 24 for one that takes a colour as it is.
    package func number(of count: Int) -> Int {
        switch self {
        case .standard: return -1
        case .terminal(let index): return index < count ? index : index - 8
        case .rgb(let red, let green, let blue):
            if count >= 1 << 24 { return Int(red) << 16 | Int(green) << 8 | Int(blue) }
            let candidates = count >= 256 ? Array(16..<256) : Array(0..<max(8, min(count, 16)))
            let wanted = (Int(red), Int(green), Int(blue))
            return candidates.min { Self.distance($0, wanted) < Self.distance($1, wanted) } ?? -1
        }
    }

    private static func distance(_ index: Int, _ colour: (Int, Int, Int)) -> Int {
        let (red, green, blue) = value(index)
        let d = (red - colour.0, green - colour.1, blue - colour.2)
        // The eye sees green best and blue least.
        return 3 * d.0 * d.0 + 6 * d.1 * d.1 + d.2 * d.2
    }

    /// What xterm shows for one of its 256 colours.
    private static func value(_ index: Int) -> (Int, Int, Int) {
        switch index {
        case 0..<16:
            let full = index >= 8 ? 255 : 205
            let low = index == 8 ? 127 : 0
            if index == 7 { return (229, 229, 229) }
            return (index & 1 != 0 ? full : low, index & 2 != 0 ? full : low, index & 4 != 0 ? full : low)
        case 16..<232:
            let steps = [0, 95, 135, 175, 215, 255]
            let cube = index - 16
            return (steps[cube / 36], steps[cube / 6 % 6], steps[cube % 6])
        default:
            let grey = 8 + (index - 232) * 10
            return (grey, grey, grey)
        }
    }
}
