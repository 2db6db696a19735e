/* The end of a run: its last output to the log, its record to the disk, and word to the daemon. */
#include "run.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* How long a daemon that is connected may take to note the end. */
#define GOODBYE_MS 10000
#define DISK_RETRY_MS 500
#define FIRST_RECORD_PAUSE_MS 200
#define LONGEST_RECORD_PAUSE_MS 10000

static void refused(struct mck_run *k)
{
    if (!k->told_log_error)
        k->told_log_error = mck_tell(k->control, "log-error %d\n", k->log.last_error);
    k->disk_retry = mck_now_ms() + DISK_RETRY_MS;
}

bool mck_pump(struct mck_run *k)
{
    k->disk_retry = 0;
    if (!mck_log_look(&k->log)) {
        refused(k);
        return false;
    }
    /* One wake moves at most a few chunks, so that a flood never keeps us from signals and commands. */
    for (int chunk = 0; chunk < 64; chunk++) {
        ssize_t moved = mck_log_pump(&k->log, k->fifo);
        if (moved < 0)
            refused(k);
        if (moved <= 0)
            return moved == 0;
        if (k->told_log_error)
            mck_tell(k->control, "log-ok\n");
        k->told_log_error = false;
    }
    return false;
}

void mck_begin_draining(struct mck_run *k)
{
    k->phase = MCK_DRAINING;
    k->deadline = mck_now_ms() + k->spec.log_wait_ms;
    mck_cgroup_remove(&k->spec);
    if (mck_pump(k))
        mck_finish(k);
}

static void release(struct mck_run *k)
{
    k->is_released = true;
    if (unlink("sock") < 0 && errno != ENOENT)
        mck_note_trouble("socket", errno);
    close(k->listener);
    k->listener = -1;
    close(MCK_LOCK_FD);
}

void mck_record(struct mck_run *k)
{
    k->record_retry = 0;
    bool ended = k->phase == MCK_ENDED;
    if (!mck_write_record(&k->spec, k->leader, k->start, ended ? &k->outcome : NULL) && errno != ENOENT) {
        mck_note_trouble("record", errno);
        k->record_pause = k->record_pause == 0 ? FIRST_RECORD_PAUSE_MS : k->record_pause * 2;
        if (k->record_pause > LONGEST_RECORD_PAUSE_MS)
            k->record_pause = LONGEST_RECORD_PAUSE_MS;
        k->record_retry = mck_now_ms() + k->record_pause;
        return;
    }
    /* Written, or the folder is gone and with it whoever would have read it. */
    k->record_pause = 0;
    if (ended)
        release(k);
}

void mck_finish(struct mck_run *k)
{
    int lost = 0;
    if (ioctl(k->fifo, FIONREAD, &lost) == 0 && lost > 0) {
        k->outcome.lost = (uint64_t)lost;
        k->outcome.log_error = k->log.last_error;
    }
    k->phase = MCK_ENDED;
    k->disk_retry = 0;
    k->deadline = mck_now_ms() + GOODBYE_MS;
    mck_record(k);
    if (!mck_tell_troubles(k->control, false) || !mck_tell_end(k->control, &k->outcome))
        mck_drop_control(k);
}

/* A daemon that is there notes the end itself; otherwise it has to be on the disk. */
bool mck_is_done(const struct mck_run *k)
{
    return k->phase == MCK_ENDED && k->is_released
        && (k->control < 0 || (k->deadline != 0 && mck_now_ms() >= k->deadline));
}
