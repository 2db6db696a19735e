import Foundation
import TestSupport

/// The wall clock of one program, set as an operator or a time server sets it: the program is loaded with a library that
/// adds to CLOCK_REALTIME what a file says.
struct SetClock {
    let environment: [String: String]
    private let file: String

    init(in folder: String) throws {
        file = folder + "/clock.offset"
        let (source, library) = (folder + "/clock.c", folder + "/clock.so")
        try Data(Self.source.utf8).write(to: URL(fileURLWithPath: source))
        try Data("0".utf8).write(to: URL(fileURLWithPath: file))
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["clang", "-shared", "-fPIC", "-O1", "-o", library, source]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw TestHost.Failed(text: "clang could not make \(library)") }
        environment = ["LD_PRELOAD": library, "CLOCK_OFFSET_FILE": file]
    }

    /// - Parameter seconds: to add to the time as it is.
    func set(_ seconds: Double) throws {
        // Replaced as a whole: nobody reads half a number.
        try Data("\(Int(seconds))".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        static long offset(void) {
            const char *path = getenv("CLOCK_OFFSET_FILE");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            char text[32] = {0};
            if (file < 0) return 0;
            long length = read(file, text, sizeof text - 1);
            close(file);
            return length > 0 ? strtol(text, NULL, 10) : 0;
        }
        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = (int)syscall(SYS_clock_gettime, clock, time);
            if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset();
            return result;
        }
        int gettimeofday(struct timeval *restrict value, void *restrict zone) {
            (void)zone;
            struct timespec time;
            clock_gettime(CLOCK_REALTIME, &time);
            value->tv_sec = time.tv_sec;
            value->tv_usec = time.tv_nsec / 1000;
            return 0;
        }
        time_t time(time_t *result) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }

        """
}
