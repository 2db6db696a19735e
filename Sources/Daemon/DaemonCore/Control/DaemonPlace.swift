import Glibc

/// Which daemon of a host this is: where it works, without links.
struct DaemonPlace: Hashable, Sendable {
    var configDir: String?
    var dbPath: String?

    init(_ options: DaemonOptions) {
        configDir = Self.real(options.configDir)
        dbPath = Self.real(options.dbPath)
    }

    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
