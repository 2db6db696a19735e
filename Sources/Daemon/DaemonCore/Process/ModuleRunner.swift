import Glibc

/// The Python program that calls the function of a `module` workload.
package enum ModuleRunner {
    /// Writes it where workloads of any user can read it, whole or not at all.
    /// - Throws: `StateError`.
    package static func install(at path: String) throws {
        let new = "\(path).new"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw StateError("cannot write '\(new)': \(errorText(errno))") }
        let text = PackageResources.module_runner_py
        let written = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        // A daemon's umask may be tighter than what other users need.
        fchmod(descriptor, 0o644)
        close(descriptor)
        guard written == text.count, rename(new, path) == 0 else {
            throw StateError("cannot write '\(path)': \(errorText(errno))")
        }
    }
}
