/*
 * The record: who runs, and how it ended, for a daemon that was not there to be told.
 * It is replaced by rename, so that a reader sees the old one or the new one. It is not synced: after a power cut no
 * process is left that it could be about, and the boot id in it says so.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t mck_wall_ms(void) { return clock_ms(CLOCK_REALTIME); }

int64_t mck_now_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

const char *mck_kind_name(enum mck_ending kind)
{
    static const char *const names[] = {"exit", "signal", "unknown"};
    return names[kind];
}

bool mck_replace_file(const char *name, const char *text, size_t size)
{
    char fresh[64];
    snprintf(fresh, sizeof fresh, "%.50s.new", name);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    ssize_t put = write(fd, text, size);
    int error = put == (ssize_t)size ? 0 : put < 0 ? errno : ENOSPC;
    if (close(fd) < 0 && error == 0)
        error = errno;
    if (error == 0 && rename(fresh, name) == 0)
        return true;
    if (error != 0)
        errno = error;
    return false;
}

static void read_boot_id(char *text, size_t size)
{
    text[0] = '\0';
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        mck_note_trouble("boot-id", errno);
        return;
    }
    ssize_t got = read(fd, text, size - 1);
    if (got < 0)
        mck_note_trouble("boot-id", errno);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

bool mck_write_record(const struct mck_spec *spec, pid_t pid, uint64_t start, const struct mck_outcome *outcome)
{
    char boot[64], text[1024];
    read_boot_id(boot, sizeof boot);
    int size = snprintf(text, sizeof text, "generation=%s\nrun_id=%s\nboot_id=%s\npid=%d\nstart=%llu\n",
        spec->generation, spec->run_id, boot, (int)pid, (unsigned long long)start);
    if (outcome != NULL && size > 0 && (size_t)size < sizeof text) {
        int more = snprintf(text + size, sizeof text - (size_t)size,
            "ended=%s\ncode=%d\nat=%lld\nleft=%d\nlost=%llu\nlog_error=%d\n", mck_kind_name(outcome->kind),
            outcome->code, (long long)outcome->at_ms, outcome->left, (unsigned long long)outcome->lost,
            outcome->log_error);
        size = more > 0 ? size + more : -1;
    }
    if (size <= 0 || (size_t)size >= sizeof text) {
        errno = EOVERFLOW;
        return false;
    }
    return mck_replace_file("record", text, (size_t)size);
}
