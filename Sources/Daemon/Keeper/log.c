/*
 * From the FIFO to the log file. Nothing is held in memory: what the disk does not take stays in the FIFO, and the
 * workload waits there. A copy is written, and only what is written is taken out, so that not even a keeper that is killed
 * in between loses a line.
 *
 * The file is open with O_APPEND: a line that a person adds stays, and so does what is written by somebody else's hand
 * while a `copytruncate` empties the file. Where it is not the file under its path any more, because an outside logrotate
 * has renamed it or somebody has removed it, a new one is opened under that path.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (64u << 10)

/* The byte offset that readers of a followed log resume from counts over all rotations; its base is kept beside us, and
   nothing is written under a base that is not stored. */
static bool move_base(struct mck_log *log, uint64_t by)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%llu\n", (unsigned long long)(log->base + by));
    if (!mck_replace_file("log-base", text, (size_t)size)) {
        log->last_error = errno;
        return false;
    }
    log->base += by;
    return true;
}

static uint64_t load_base(void)
{
    char text[32] = "";
    int fd = open("log-base", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (size < 0 && errno != ENOENT)
        mck_note_trouble("log-base", errno);
    if (fd >= 0)
        close(fd);
    return size > 0 ? strtoull(text, NULL, 10) : 0;
}

static bool open_file(struct mck_log *log)
{
    log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640);
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

static void close_file(struct mck_log *log)
{
    /* Some network disks tell only here that they have not taken what was written. */
    if (close(log->fd) < 0 && errno != EINTR)
        mck_note_trouble("log-close", errno);
    log->fd = -1;
}

bool mck_log_open(struct mck_log *log, const struct mck_spec *spec)
{
    *log = (struct mck_log){.path = spec->log_path,
        .fd = -1,
        .max_bytes = spec->log_max_bytes,
        .keep = spec->log_keep,
        .base = load_base(),
        .peek = {-1, -1}};
    if (pipe2(log->peek, O_CLOEXEC | O_NONBLOCK) < 0) {
        log->last_error = errno;
        return false;
    }
    mck_log_prune(log);
    return open_file(log);
}

/* Goes on with the file under the path. */
static bool begin_next(struct mck_log *log)
{
    if (!move_base(log, log->size))
        return false;
    close_file(log);
    return open_file(log);
}

static bool rotate(struct mck_log *log)
{
    if (!mck_log_rotate(log)) {
        log->last_error = errno;
        return false;
    }
    return begin_next(log);
}

bool mck_log_look(struct mck_log *log)
{
    if (log->fd < 0)
        return open_file(log);
    struct stat held, there;
    if (fstat(log->fd, &held) < 0) {
        log->last_error = errno;
        return false;
    }
    uint64_t size = (uint64_t)held.st_size;
    if (size < log->size && !move_base(log, log->size - size)) /* someone emptied it */
        return false;
    log->size = size;
    if (lstat(log->path, &there) == 0)
        return (there.st_dev == held.st_dev && there.st_ino == held.st_ino) || begin_next(log);
    /* What can't be seen is not what is not there. */
    return errno != ENOENT || begin_next(log);
}

/* Takes what was written out of the FIFO. Nobody else reads there, so it is there. */
static void drop(int fifo, char *room, size_t size)
{
    while (size > 0) {
        ssize_t got = read(fifo, room, size);
        if (got <= 0 && errno != EINTR) {
            mck_note_trouble("fifo", got < 0 ? errno : EIO);
            return;
        }
        if (got > 0)
            size -= (size_t)got;
    }
}

ssize_t mck_log_pump(struct mck_log *log, int fifo)
{
    static char chunk[CHUNK];
    if (log->fd < 0 && !open_file(log))
        return -1;
    if (log->peek[0] < 0 && pipe2(log->peek, O_CLOEXEC | O_NONBLOCK) < 0) {
        log->last_error = errno;
        return -1;
    }
    if (log->size >= log->max_bytes && !rotate(log))
        return -1;
    uint64_t room = log->max_bytes > log->size ? log->max_bytes - log->size : 1;
    ssize_t seen = tee(fifo, log->peek[1], room < CHUNK ? (size_t)room : CHUNK, SPLICE_F_NONBLOCK);
    if (seen == 0 || (seen < 0 && (errno == EAGAIN || errno == EINTR)))
        return 0;
    if (seen > 0)
        seen = read(log->peek[0], chunk, (size_t)seen);
    ssize_t put = seen < 0 ? -1 : write(log->fd, chunk, (size_t)seen);
    if (put < 0) {
        log->last_error = errno;
        return -1;
    }
    drop(fifo, chunk, (size_t)put);
    log->size += (uint64_t)put;
    log->last_error = 0;
    return put;
}
