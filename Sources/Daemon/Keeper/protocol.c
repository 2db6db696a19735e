/*
 * What the keeper and the daemon say to each other, over a socket that the daemon made (at launch) or over the
 * listening socket `sock` in the keeper's directory (a daemon that came later; the newest one counts).
 *
 *   daemon to keeper  first, on the launch socket only: a 32-bit length (native order) and that many bytes of
 *                     NUL-terminated `key=value` fields, see read_spec
 *                     then lines: `stop SIGNAL MILLISECONDS`, `kill`, `bye`
 *   keeper to daemon  lines: `keeper PROTOCOL PID GENERATION`, then
 *                     `started PID START_TICKS STARTED_MS` or `failed STEP ERRNO`,
 *                     `ended exit|signal|unknown CODE AT_MS`, answered by `bye`,
 *                     `log-error ERRNO`, `log-ok`, `stuck COUNT`
 *                   for an errand one line: `failed STEP ERRNO`, `ended exit|signal CODE AT_MS`, `too-long`
 */
#include "keeper.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool read_all(int fd, void *buffer, size_t size)
{
    char *next = buffer;
    while (size > 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 10000) <= 0)
            return false; /* the daemon died while it wrote: nothing was started yet */
        ssize_t got = read(fd, next, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        next += got;
        size -= (size_t)got;
    }
    return true;
}

bool read_spec(int fd, struct spec *spec)
{
    uint32_t size = 0;
    if (!read_all(fd, &size, sizeof size) || size == 0 || size > MAX_SPEC_BYTES)
        return false;
    char *block = malloc(size);
    if (block == NULL || !read_all(fd, block, size) || block[size - 1] != '\0')
        return false;

    struct mc_fields fields = {block, size};
    bool valid = true;
    memset(spec, 0, sizeof *spec);
    if (!mc_read_context(&fields, &spec->context))
        return false;
    bool has_program = spec->context.argv[0] != NULL && spec->context.working_dir != NULL;
    spec->generation = mc_field(&fields, "generation", "0");
    spec->run_id = mc_field(&fields, "run-id", "");
    spec->cgroup = mc_field(&fields, "cgroup", "");
    spec->errand_ms = (int)mc_number(&fields, "errand", INT_MAX, &valid);
    if (spec->errand_ms > 0)
        return valid && has_program;
    spec->directory = mc_field(&fields, "directory", NULL);
    spec->log_path = mc_field(&fields, "log", NULL);
    spec->log_max_bytes = mc_number(&fields, "log-max", INT64_MAX, &valid);
    spec->log_keep = (int)mc_number(&fields, "log-keep", INT_MAX, &valid);
    spec->stop_signal = (int)mc_number(&fields, "stop-signal", 64, &valid);
    spec->stop_timeout_ms = (int)mc_number(&fields, "stop-timeout", INT_MAX, &valid);
    spec->adopt_pid = (pid_t)mc_number(&fields, "adopt-pid", INT_MAX, &valid);
    spec->adopt_start = mc_number(&fields, "adopt-start", UINT64_MAX, &valid);
    return valid && spec->directory != NULL && spec->log_path != NULL && spec->log_max_bytes > 0
        && spec->stop_signal > 0 && (spec->adopt_pid > 0 || has_program);
}

/* Called with the keeper's directory as the working directory: `sock` is short, whatever the full path. */
int open_control_listener(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "sock"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -1;
    unlink("sock"); /* the daemon holds the directory's lock: what is there is a dead keeper's */
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4) < 0) {
        close(listener);
        return -1;
    }
    return listener;
}

/* Takes a connection of our own user or root, and nobody else's. */
int accept_control(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || (peer.uid != geteuid() && peer.uid != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A reader that does not read is no reason to stop: what does not fit at once is not said, and the caller closes. */
bool tell(int fd, const char *format, ...)
{
    if (fd < 0)
        return false;
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        return false;
    return send(fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) == length;
}
