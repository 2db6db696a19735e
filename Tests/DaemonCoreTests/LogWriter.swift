import FoundationEssentials
import Glibc
import Testing

@testable import DaemonCore

/// Writes a log as a keeper does: rotation by renaming, then the base, then the new file.
final class LogWriter {
    let folder: String
    private let maxBytes: Int
    private let keep: Int
    private var descriptor: Int32 = -1
    private var base: Int64 = 0
    private var size = 0
    private var rotated = 0

    init(maxBytes: Int = 1 << 30, keep: Int = 3) throws {
        folder = "/tmp/mctl-log-\(getpid())-\(UInt64.random(in: .min ... .max))"
        self.maxBytes = maxBytes
        self.keep = keep
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try openFile()
    }

    deinit { close(descriptor) }

    var path: String { folder + "/x.log" }
    var files: LogFiles { LogFiles(path: path, basePath: folder + "/log-base") }

    func write(_ bytes: [UInt8]) throws {
        heedEmptying()
        var rest = bytes[...]
        while !rest.isEmpty {
            if size >= maxBytes { try rotate() }
            let part = rest.prefix(maxBytes - size)
            let put = part.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(size)) }
            try #require(put == part.count)
            size += put
            rest = rest.dropFirst(put)
        }
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// As `> x.log` in a shell.
    func empty() { truncate(path, 0) }

    private func heedEmptying() {
        let present = Int(DaemonCore.size(of: descriptor))
        guard present < size else { return }
        storeBase(base + Int64(size - present))
        size = present
    }

    private func rotate() throws {
        rotated = min(rotated + 1, keep)
        if keep == 0 { unlink(path) }
        for index in stride(from: rotated, through: 1, by: -1) {
            rename(index == 1 ? path : "\(path).\(index - 1)", "\(path).\(index)")
        }
        storeBase(base + Int64(size))
        close(descriptor)
        try openFile()
    }

    private func openFile() throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        try #require(descriptor >= 0)
        size = 0
    }

    private func storeBase(_ value: Int64) {
        base = value
        let new = open(folder + "/log-base.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let text = Array("\(value)\n".utf8)
        _ = Glibc.write(new, text, text.count)
        close(new)
        rename(folder + "/log-base.new", folder + "/log-base")
    }
}
