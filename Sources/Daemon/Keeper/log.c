/*
 * From the FIFO to the log file, and its rotation: `x.log`, `x.log.1` … `x.log.KEEP`, each at most max_bytes.
 * Nothing is held in memory: what the disk does not take stays in the FIFO, and the workload waits there.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256u << 10)

/* The byte offset that readers of a followed log resume from counts over all rotations; its base is kept beside us. */
static void store_base(uint64_t base)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%llu\n", (unsigned long long)base);
    int fd = open("log-base.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    bool written = write(fd, text, (size_t)size) == size;
    close(fd);
    if (written)
        rename("log-base.new", "log-base");
}

static uint64_t load_base(void)
{
    char text[32] = "";
    int fd = open("log-base", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 ? strtoull(text, NULL, 10) : 0;
}

static bool open_file(struct workload_log *log)
{
    /* No O_APPEND: splice refuses it. We are the only writer. */
    log->fd = open(log->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640);
    struct stat status;
    bool usable = log->fd >= 0 && fstat(log->fd, &status) == 0;
    if (usable && !S_ISREG(status.st_mode)) { /* a FIFO somebody put there would never take it, or hold us up */
        errno = EINVAL;
        usable = false;
    }
    if (!usable) {
        log->last_error = errno;
        if (log->fd >= 0)
            close(log->fd);
        log->fd = -1;
        return false;
    }
    log->size = (uint64_t)status.st_size;
    return true;
}

bool log_open(struct workload_log *log, const struct spec *spec)
{
    *log = (struct workload_log){
        .path = spec->log_path, .max_bytes = spec->log_max_bytes, .keep = spec->log_keep, .base = load_base()};
    return open_file(log);
}

static bool rotate(struct workload_log *log)
{
    char from[4200], to[4200];
    if (log->keep == 0) {
        if (unlink(log->path) < 0)
            return false;
    }
    for (int index = log->keep; index >= 1; index--) {
        snprintf(to, sizeof to, "%s.%d", log->path, index);
        if (index == 1)
            snprintf(from, sizeof from, "%s", log->path);
        else
            snprintf(from, sizeof from, "%s.%d", log->path, index - 1);
        if (rename(from, to) < 0 && errno != ENOENT)
            return false;
    }
    log->base += log->size;
    store_base(log->base);
    close(log->fd);
    return open_file(log);
}

static ssize_t copy_by_hand(struct workload_log *log, int fifo, size_t limit)
{
    /* Only one page may be taken at a time, for what was read must be written: a write that comes back short
       is completed before anything else, and a refusal leaves the rest here for the next call. */
    static char held[4096];
    static size_t start, end;
    if (start == end) {
        ssize_t got = read(fifo, held, limit < sizeof held ? limit : sizeof held);
        if (got <= 0)
            return got;
        start = 0;
        end = (size_t)got;
    }
    ssize_t put = pwrite(log->fd, held + start, end - start, (off_t)log->size);
    if (put > 0)
        start += (size_t)put;
    return put;
}

ssize_t log_pump(struct workload_log *log, int fifo)
{
    if (log->fd < 0 && !open_file(log))
        return -1;
    struct stat status;
    if (fstat(log->fd, &status) == 0) {
        if (status.st_nlink == 0) { /* someone removed the file: write where people look */
            log->base += log->size;
            store_base(log->base);
            close(log->fd);
            if (!open_file(log))
                return -1;
        } else if ((uint64_t)status.st_size < log->size) { /* someone emptied it */
            log->base += log->size - (uint64_t)status.st_size;
            store_base(log->base);
            log->size = (uint64_t)status.st_size;
        }
    }
    if (log->size >= log->max_bytes && !rotate(log)) {
        log->last_error = errno;
        return -1;
    }
    size_t room = log->max_bytes - log->size;
    if (room > CHUNK)
        room = CHUNK;
    ssize_t moved;
    if (!log->no_splice) {
        loff_t offset = (loff_t)log->size;
        moved = splice(fifo, NULL, log->fd, &offset, room, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
        if (moved < 0 && (errno == EINVAL || errno == ENOSYS)) {
            log->no_splice = true;
            moved = copy_by_hand(log, fifo, room);
        }
    } else {
        moved = copy_by_hand(log, fifo, room);
    }
    if (moved > 0) {
        log->size += (uint64_t)moved;
        log->last_error = 0;
        return moved;
    }
    if (moved == 0 || errno == EAGAIN || errno == EINTR)
        return 0;
    log->last_error = errno;
    return -1;
}
