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
 */
#include "keeper.h"

#include <errno.h>
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

/* Collects the values of one key of the block, in order, with a final NULL. */
static char **collect(char *block, size_t size, const char *key, int *count)
{
    size_t key_length = strlen(key);
    int found = 0;
    for (char *field = block; field < block + size; field += strlen(field) + 1)
        if (strncmp(field, key, key_length) == 0 && field[key_length] == '=')
            found++;
    char **values = calloc((size_t)found + 1, sizeof *values);
    if (values == NULL)
        return NULL;
    int index = 0;
    for (char *field = block; field < block + size; field += strlen(field) + 1)
        if (strncmp(field, key, key_length) == 0 && field[key_length] == '=')
            values[index++] = field + key_length + 1;
    if (count != NULL)
        *count = found;
    return values;
}

static const char *value(char *block, size_t size, const char *key, const char *otherwise)
{
    size_t key_length = strlen(key);
    for (char *field = block; field < block + size; field += strlen(field) + 1)
        if (strncmp(field, key, key_length) == 0 && field[key_length] == '=')
            return field + key_length + 1;
    return otherwise;
}

static uint64_t number(char *block, size_t size, const char *key)
{
    return strtoull(value(block, size, key, "0"), NULL, 10);
}

bool read_spec(int fd, struct spec *spec)
{
    uint32_t size = 0;
    if (!read_all(fd, &size, sizeof size) || size == 0 || size > MAX_SPEC_BYTES)
        return false;
    char *block = malloc(size);
    if (block == NULL || !read_all(fd, block, size) || block[size - 1] != '\0')
        return false;

    memset(spec, 0, sizeof *spec);
    spec->generation = value(block, size, "generation", "0");
    spec->run_id = value(block, size, "run-id", "");
    spec->directory = value(block, size, "directory", NULL);
    spec->log_path = value(block, size, "log", NULL);
    spec->working_dir = value(block, size, "working-dir", NULL);
    spec->argv = collect(block, size, "arg", NULL);
    spec->env = collect(block, size, "env", NULL);
    char **groups = collect(block, size, "group", &spec->group_count);
    if (spec->argv == NULL || spec->env == NULL || groups == NULL)
        return false;
    spec->groups = calloc((size_t)spec->group_count + 1, sizeof *spec->groups);
    if (spec->groups == NULL)
        return false;
    for (int i = 0; i < spec->group_count; i++)
        spec->groups[i] = (gid_t)strtoul(groups[i], NULL, 10);
    free(groups);
    spec->change_user = value(block, size, "uid", NULL) != NULL;
    spec->uid = (uid_t)number(block, size, "uid");
    spec->gid = (gid_t)number(block, size, "gid");
    spec->memory_limit_bytes = number(block, size, "memory-limit");
    spec->file_limit = number(block, size, "file-limit");
    spec->has_nice = value(block, size, "nice", NULL) != NULL;
    spec->nice = (int)strtol(value(block, size, "nice", "0"), NULL, 10);
    spec->log_max_bytes = number(block, size, "log-max");
    spec->log_keep = (int)number(block, size, "log-keep");
    spec->stop_signal = (int)number(block, size, "stop-signal");
    spec->stop_timeout_ms = (int)number(block, size, "stop-timeout");
    spec->adopt_pid = (pid_t)number(block, size, "adopt-pid");
    spec->adopt_start = number(block, size, "adopt-start");
    spec->cgroup = value(block, size, "cgroup", "");
    return spec->directory != NULL && spec->log_path != NULL && spec->log_max_bytes > 0 && spec->stop_signal > 0
        && (spec->adopt_pid > 0 || (spec->argv[0] != NULL && spec->working_dir != NULL));
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
