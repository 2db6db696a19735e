/*
 * The record: who runs, and how it ended, for a daemon that was not there to be told.
 * It is replaced by rename, so that a reader sees the old one or the new one. It is not synced: after a power cut no
 * process is left that it could be about, and the boot id in it says so.
 */
#include "keeper.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t now_ms(void) { return clock_ms(CLOCK_REALTIME); }

int64_t monotonic_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

/* Field 22 of /proc/PID/stat, in clock ticks since boot; 0 where there is no such process. */
uint64_t process_start(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    char *field = strrchr(text, ')'); /* the name before it may hold blanks and brackets */
    if (field == NULL)
        return 0;
    for (int index = 2; index < 22; index++) {
        field = strchr(field + 1, ' ');
        if (field == NULL)
            return 0;
    }
    return strtoull(field + 1, NULL, 10);
}

static bool write_record(const char *text, size_t size)
{
    int fd = open("record.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool written = write(fd, text, size) == (ssize_t)size;
    close(fd);
    return written && rename("record.new", "record") == 0;
}

static int describe(char *text, size_t size, const struct spec *spec, pid_t pid, uint64_t start)
{
    char boot[64] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t got = read(fd, boot, sizeof boot - 1);
        close(fd);
        if (got > 0)
            boot[strcspn(boot, "\n")] = '\0';
    }
    return snprintf(text, size, "generation=%s\nrun_id=%s\nboot_id=%s\npid=%d\nstart=%llu\n", spec->generation,
        spec->run_id, boot, (int)pid, (unsigned long long)start);
}

bool record_running(const struct spec *spec, pid_t pid, uint64_t start)
{
    char text[512];
    int size = describe(text, sizeof text, spec, pid, start);
    return size > 0 && (size_t)size < sizeof text && write_record(text, (size_t)size);
}

bool record_ended(const struct spec *spec, pid_t pid, uint64_t start, const struct outcome *outcome)
{
    static const char *const kinds[] = {"exit", "signal", "unknown"};
    char text[768];
    int size = describe(text, sizeof text, spec, pid, start);
    if (size <= 0 || (size_t)size >= sizeof text)
        return false;
    int more = snprintf(text + size, sizeof text - (size_t)size, "ended=%s\ncode=%d\nat=%lld\n", kinds[outcome->kind],
        outcome->code, (long long)outcome->at_ms);
    return more > 0 && (size_t)(size + more) < sizeof text && write_record(text, (size_t)(size + more));
}
