import FleetModel

/// The keys under `limits`.
enum ProcessLimitKeys {
    static let table = KeyTable<ProcessLimits>(
        name: "'limits'",
        keys: [
            .optional(
                "open_files", .integer(16...1_000_000_000), \.openFiles, standard: "the daemon's",
                "Files and connections that are open at the same time (`RLIMIT_NOFILE`)."),
            .optional(
                "processes", .integer(1...1_000_000_000), \.processes, standard: "the daemon's",
                "Processes and threads of the user on the whole host (`RLIMIT_NPROC`); root has no such limit."),
            .optional(
                "core_mb", .integer(0...16_777_216), \.coreMB, standard: "the daemon's",
                "Size in MiB of a core dump (`RLIMIT_CORE`)."),
            .optional(
                "file_mb", .integer(1...16_777_216), \.fileMB, standard: "the daemon's",
                "Size in MiB that a file can be written up to (`RLIMIT_FSIZE`); the log is not meant."),
        ])
}
