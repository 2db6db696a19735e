import Foundation
import Glibc

/// The input that is being read, in a file that outlives the process: where an input ends the process, it lies there.
///
/// `.build/fuzz/NAME.input`. The next run tries it first, and forgets it when it is read well. To keep it, put it
/// into `Tests/Fuzz/Seeds/NAME`.
final class InputFile {
    static let folder = ".build/fuzz"

    let path: String
    private let memory: UnsafeMutableRawPointer
    private let size = Mutation.longest + 8

    /// What an earlier run left.
    let left: [UInt8]?

    init(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        path = "\(Self.folder)/\(name).input"
        left = FileManager.default.contents(atPath: path).flatMap { data in
            let bytes = [UInt8](data)
            guard bytes.count >= 8 else { return nil }
            let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            return count > 0 && count <= bytes.count - 8 ? Array(bytes[8..<(8 + count)]) : nil
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, size) == 0,
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw Finding("\(path) cannot be made") }
        close(descriptor)
        self.memory = memory
    }

    func write(_ bytes: [UInt8]) {
        memory.storeBytes(of: UInt64(bytes.count), as: UInt64.self)
        bytes.withUnsafeBytes {
            memory.advanced(by: 8).copyMemory(from: $0.baseAddress ?? .init(memory), byteCount: bytes.count)
        }
    }

    /// Nothing of it is wrong.
    func clear() {
        munmap(memory, size)
        unlink(path)
    }

    /// Keeps an input that was found to be bad.
    func keep(_ bytes: [UInt8], _ number: Int) -> String {
        let path = "\(Self.folder)/\(self.path.split(separator: "/").last ?? "x").\(number)"
        FileManager.default.createFile(atPath: path, contents: Data(bytes))
        return path
    }
}
