import Foundation
import TestSupport
import Testing

@Suite("scripts/bootstrap")
struct BootstrapTests {
    @Test(
        "a toolchain that cannot be used is told of, and what it said with it",
        arguments: [
            ("echo 'error while loading shared libraries: libncurses.so.6' >&2; exit 127", "libncurses.so.6"),
            ("exit 127", "it says nothing"), ("exit 0", "does not tell its version"),
            ("echo 'Swift version 5.9 (swift-5.9-RELEASE)'", "Swift 5.9 is too old"),
        ])
    func brokenToolchain(_ script: String, words: String) async throws {
        try await withHost { host in
            // Written by another process: one that we have open while a neighbour starts a program cannot be executed.
            _ = try await speak(
                "/bin/sh",
                ["-c", "mkdir bin; printf '#!/bin/sh\n%s\n' \"$1\" >bin/swift; chmod 755 bin/swift", "sh", script],
                in: host.folder)
            let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
            let spoken = try await speak(
                "/bin/bash", ["/\(root)/scripts/bootstrap"], in: host.folder,
                environment: ["PATH": "\(host.folder)/bin:/usr/bin:/bin"])
            #expect(spoken.status == 1)
            #expect(spoken.errors.contains(words), "\(spoken.errors)")
        }
    }
}
