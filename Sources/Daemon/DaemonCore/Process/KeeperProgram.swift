import Glibc

/// Where the program `mc-keeper` is.
package enum KeeperProgram {
    /// - Parameter environment: `MCTL_KEEPER` names it where it does not lie beside the program that runs.
    /// - Throws: `LaunchError` where it can't be executed.
    package static func find(environment: [String: String]) throws -> String {
        let path = environment["MCTL_KEEPER"] ?? beside(ownProgram())
        guard access(path, X_OK) == 0 else {
            throw LaunchError(
                "the program mc-keeper is not at '\(path)': install it beside master-control, or set MCTL_KEEPER")
        }
        return path
    }

    private static func beside(_ program: String) -> String {
        guard let slash = program.lastIndex(of: "/") else { return "./mc-keeper" }
        return String(program[...slash]) + "mc-keeper"
    }

    /// The path of the program that runs.
    package static func ownProgram() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let size = buffer.withUnsafeMutableBytes { room in
            guard let start = room.baseAddress else { return 0 }
            return readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), room.count)
        }
        return String(decoding: buffer.prefix(max(0, size)), as: UTF8.self)
    }
}
