/*
 * What the keeper and the daemon say to each other, over a socket that the daemon made (at launch) or over the
 * listening socket `sock` in the keeper's directory (a daemon that came later; the newest one counts).
 *
 *   daemon to keeper  first, on the launch socket only: a 32-bit length (native order) and that many bytes of
 *                     NUL-terminated `key=value` fields, see mck_read_spec
 *                     then lines: `stop SIGNAL MILLISECONDS`, `kill`, `bye`
 *   keeper to daemon  lines: `keeper PROTOCOL PID GENERATION`, then
 *                     `started PID START_TICKS STARTED_MS` or `failed STEP ERRNO`,
 *                     `left COUNT` and `log-lost BYTES ERRNO`, which belong to the end,
 *                     `ended exit|signal|unknown CODE AT_MS`, answered by `bye`,
 *                     `log-error ERRNO`, `log-ok`, `stuck COUNT`, `trouble WHAT ERRNO`
 *                   A side does not heed a line that it does not know, nor a field: so versions can differ, and the
 *                   number says by which of them something is missed. 1 had neither left, log-lost nor trouble.
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

#define STANDARD_LOG_WAIT_MS 60000
#define MOST_TROUBLES 16

static struct {
    const char *what;
    int error;
    bool is_told;
} troubles[MOST_TROUBLES];

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

bool mck_read_spec(int fd, struct mck_spec *spec)
{
    uint32_t size = 0;
    if (!read_all(fd, &size, sizeof size) || size == 0 || size > MCK_MAX_SPEC_BYTES)
        return false;
    char *block = malloc(size);
    if (block == NULL || !read_all(fd, block, size) || block[size - 1] != '\0')
        return false;

    struct mcp_fields fields = {block, size};
    bool valid = true;
    memset(spec, 0, sizeof *spec);
    if (!mcp_read_context(&fields, &spec->context))
        return false;
    bool has_program = spec->context.argv[0] != NULL && spec->context.working_dir != NULL;
    spec->generation = mcp_field(&fields, "generation", "0");
    spec->run_id = mcp_field(&fields, "run-id", "");
    spec->cgroup = mcp_field(&fields, "cgroup", "");
    spec->errand_ms = (int)mcp_number(&fields, "errand", INT_MAX, &valid);
    if (spec->errand_ms > 0)
        return valid && has_program;
    spec->directory = mcp_field(&fields, "directory", NULL);
    spec->log_path = mcp_field(&fields, "log", NULL);
    spec->log_max_bytes = mcp_number(&fields, "log-max", INT64_MAX, &valid);
    spec->log_keep = (int)mcp_number(&fields, "log-keep", INT_MAX, &valid);
    /* A daemon that does not know of it yet says nothing. */
    spec->log_wait_ms = mcp_field(&fields, "log-wait", NULL) == NULL
        ? STANDARD_LOG_WAIT_MS
        : (int)mcp_number(&fields, "log-wait", INT_MAX, &valid);
    spec->stop_signal = (int)mcp_number(&fields, "stop-signal", 64, &valid);
    spec->stop_timeout_ms = (int)mcp_number(&fields, "stop-timeout", INT_MAX, &valid);
    spec->adopt_pid = (pid_t)mcp_number(&fields, "adopt-pid", INT_MAX, &valid);
    spec->adopt_start = mcp_number(&fields, "adopt-start", UINT64_MAX, &valid);
    return valid && spec->directory != NULL && spec->log_path != NULL && spec->log_max_bytes > 0
        && spec->stop_signal > 0 && (spec->adopt_pid > 0 || has_program);
}

/* Called with the keeper's directory as the working directory: `sock` is short, whatever the full path. */
int mck_open_listener(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "sock"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -1;
    /* The daemon holds the directory's lock: what is there is a dead keeper's. */
    if ((unlink("sock") < 0 && errno != ENOENT) || bind(listener, (struct sockaddr *)&address, sizeof address) < 0
        || listen(listener, 4) < 0) {
        int error = errno;
        close(listener);
        errno = error;
        return -1;
    }
    return listener;
}

/* Takes a connection of our own user or root, and nobody else's. */
int mck_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            mck_note_trouble("accept", errno);
        return -1;
    }
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || (peer.uid != geteuid() && peer.uid != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A reader that does not read is no reason to stop: what does not fit at once is not said, and the caller closes. */
bool mck_tell(int fd, const char *format, ...)
{
    if (fd < 0)
        return false;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        return false;
    return send(fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) == length;
}

bool mck_tell_end(int fd, const struct mck_outcome *outcome)
{
    if (outcome->left > 0 && !mck_tell(fd, "left %d\n", outcome->left))
        return false;
    if (outcome->lost > 0 && !mck_tell(fd, "log-lost %llu %d\n", (unsigned long long)outcome->lost, outcome->log_error))
        return false;
    return mck_tell(fd, "ended %s %d %lld\n", mck_kind_name(outcome->kind), outcome->code, (long long)outcome->at_ms);
}

void mck_note_trouble(const char *what, int error)
{
    for (int i = 0; i < MOST_TROUBLES; i++) {
        if (troubles[i].what == NULL) {
            troubles[i].what = what;
            troubles[i].error = error;
        }
        if (strcmp(troubles[i].what, what) == 0)
            return;
    }
}

bool mck_tell_troubles(int fd, bool all)
{
    for (int i = 0; i < MOST_TROUBLES && troubles[i].what != NULL; i++) {
        if (troubles[i].is_told && !all)
            continue;
        troubles[i].is_told = mck_tell(fd, "trouble %s %d\n", troubles[i].what, troubles[i].error);
        if (!troubles[i].is_told)
            return false;
    }
    return true;
}
