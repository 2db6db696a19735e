#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void read_signals(struct mck_run *k)
{
    struct signalfd_siginfo info;
    while (read(k->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            mck_reap(k);
        else if (info.ssi_signo == SIGTERM)
            mck_begin_stop(k, k->spec.stop_signal, k->spec.stop_timeout_ms);
    }
}

static bool is_due(int64_t time) { return time != 0 && mck_now_ms() >= time; }

static int poll_timeout(const struct mck_run *k)
{
    int64_t next = k->deadline;
    if (k->disk_retry != 0 && (next == 0 || k->disk_retry < next))
        next = k->disk_retry;
    if (k->record_retry != 0 && (next == 0 || k->record_retry < next))
        next = k->record_retry;
    if (next == 0)
        return -1;
    int64_t left = next - mck_now_ms();
    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void wait_for_news(struct mck_run *k, struct pollfd *wait, nfds_t count)
{
    if (poll(wait, count, poll_timeout(k)) >= 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        wait[i].revents = 0;
    if (errno == EINTR)
        return;
    /* For want of memory; who left now would leave the run without anybody. */
    mck_note_trouble("poll", errno);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

/* An adopted process has ended, the leader or another one. */
static void adopted_ended(struct mck_run *k)
{
    k->rounds.changed = true;
    if (!k->leader_gone)
        mck_leader_ended(k, MCK_UNKNOWN, 0);
    close(k->pidfd);
    k->pidfd = -1;
}

static void serve_log(struct mck_run *k, bool has_output)
{
    if (k->phase == MCK_ENDED || !(has_output || is_due(k->disk_retry)))
        return;
    if (mck_pump(k) && k->phase == MCK_DRAINING)
        mck_finish(k);
}

static void serve_deadlines(struct mck_run *k)
{
    if (is_due(k->record_retry))
        mck_record(k);
    if (!is_due(k->deadline))
        return;
    if (k->phase == MCK_ENDED) {
        mck_drop_control(k); /* it did not say bye */
        k->deadline = 0;
    } else {
        mck_deadline_passed(k);
    }
}

/* Until nothing of the workload is left and its end is known to the daemon, or on the disk where there is none. */
static void keep(struct mck_run *k)
{
    while (!mck_is_done(k)) {
        struct pollfd wait[5] = {
            {.fd = k->signals, .events = POLLIN},
            {.fd = k->listener, .events = POLLIN},
            {.fd = k->control, .events = POLLIN},
            {.fd = k->phase == MCK_ENDED || k->disk_retry != 0 ? -1 : k->fifo, .events = POLLIN},
            {.fd = k->pidfd, .events = POLLIN},
        };
        wait_for_news(k, wait, 5);
        if (wait[0].revents)
            read_signals(k);
        if (wait[4].revents)
            adopted_ended(k);
        if (wait[1].revents) {
            mck_accept_daemon(k);
            wait[2].revents = 0;
        }
        if (wait[2].revents && !mck_obey(k))
            return;
        serve_log(k, wait[3].revents != 0);
        if (wait[0].revents || wait[4].revents)
            mck_look_at_tree(k);
        serve_deadlines(k);
        if (k->control >= 0 && !mck_tell_troubles(k->control, false))
            mck_drop_control(k);
    }
}

static bool open_fifo(struct mck_run *k)
{
    if (mkfifo("fifo", 0600) < 0 && errno != EEXIST)
        return false;
    if (k->spec.context.change_user && lchown("fifo", k->spec.context.uid, k->spec.context.gid) < 0)
        return false;
    k->fifo = open("fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (k->fifo < 0 || fstat(k->fifo, &status) < 0)
        return false;
    errno = EINVAL;
    return S_ISFIFO(status.st_mode);
}

static bool open_signals(struct mck_run *k)
{
    sigset_t all, wanted;
    sigfillset(&all);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
        return false;
    k->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return k->signals >= 0;
}

/* A workload whose keeper was killed: its log is drained and its end noticed, its exit status is lost. */
static bool adopt(struct mck_run *k)
{
    struct mcp_process_info process;
    k->leader = k->spec.adopt_pid;
    k->start = k->spec.adopt_start;
    k->pidfd = (int)syscall(SYS_pidfd_open, k->leader, 0);
    if (k->pidfd < 0)
        return false;
    errno = ESRCH;
    return mcp_process(k->leader, &process) == 1 && process.start_ticks == k->start;
}

static int fail(const char *step, int error)
{
    mck_tell(MCK_CONTROL_FD, "failed %s %d\n", step, error);
    return 1;
}

/* Begins the run, or goes on with one. Returns 0, or the exit status of a keeper that could not. */
static int begin(struct mck_run *k)
{
    if (k->spec.adopt_pid > 0)
        return adopt(k) ? 0 : fail("adopt", errno);
    struct mck_failure failure;
    mck_cgroup_make(&k->spec);
    k->leader = mck_launch(&k->spec, "fifo", &failure);
    if (k->leader < 0) {
        mck_cgroup_remove(&k->spec);
        return fail(failure.step, failure.error);
    }
    struct mcp_process_info process;
    if (mcp_process(k->leader, &process) == 1) /* as one that has ended, too: we have not waited for it */
        k->start = process.start_ticks;
    else
        mck_note_trouble("proc", EIO);
    return 0;
}

int main(int argc, char **argv)
{
    static struct mck_run k = {.control = MCK_CONTROL_FD, .listener = -1, .signals = -1, .fifo = -1, .pidfd = -1};
    if (argc != 2 || fcntl(MCK_CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(MCK_LOCK_FD, F_SETFD, FD_CLOEXEC) < 0) {
        fprintf(stderr, "%s: started by master-control for each run of a workload, not by hand\n",
            argc > 0 ? argv[0] : "mc-keeper");
        return 2;
    }
    if (!open_signals(&k))
        return fail("signals", errno);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return fail("subreaper", errno);
    if (!mck_read_spec(MCK_CONTROL_FD, &k.spec))
        return fail("request", EINVAL);
    if (k.spec.errand_ms > 0)
        return mck_run_errand(&k.spec, k.signals);
    if (chdir(k.spec.directory) < 0 || !open_fifo(&k) || (k.listener = mck_open_listener()) < 0)
        return fail("state-directory", errno);
    mck_log_open(&k.log, &k.spec);
    int status = begin(&k);
    if (status != 0)
        return status;
    k.started_ms = mck_wall_ms();
    if (k.spec.adopt_pid == 0)
        mck_record(&k);
    mck_introduce(&k);
    keep(&k);
    return 0;
}
