import FleetModel
import Glibc

/// What this process uses, under the names that all Prometheus clients have for it. Source: /proc/self.
package enum ProcessMeasures {
    package static func add(to text: inout PrometheusText) {
        text.add(
            .gauge, "master_control_build_info", "Version of the program; always 1.",
            samples: [(["version": ProgramVersion.current], 1)])
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
            text.add(
                .counter, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", seconds)
        }
        if let pages = residentPages() {
            text.add(
                .gauge, "process_resident_memory_bytes", "Resident memory size in bytes.",
                Double(pages) * Double(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let files = openFiles() {
            text.add(.gauge, "process_open_fds", "Number of open file descriptors.", Double(files))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            text.add(
                .gauge, "process_max_fds", "Maximum number of open file descriptors.", Double(limit.rlim_cur))
        }
        text.add(
            .gauge, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", started)
    }

    /// To be called early: the time of the first call is the time of the start.
    package static let started: Double = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec)
    }()

    private static func residentPages() -> Int? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }

    private static func openFiles() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not `.`, not `..`, and not the folder itself.
        return count - 3
    }
}
