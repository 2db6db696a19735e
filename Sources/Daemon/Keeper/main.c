#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is left of a tree after its leader has gone by itself gets this long to end before it is killed. */
#define LEFTOVER_MS 2000
/* Between two rounds of killing; an uninterruptible process is told to the daemon after STUCK_MS. */
#define KILL_ROUND_MS 50
#define STUCK_MS 10000
/* How long a daemon that is connected may take to note the end. */
#define GOODBYE_MS 10000
#define DISK_RETRY_MS 500

enum phase {
    RUNNING,  /* the leader lives and nobody asked it to end */
    ASKED,    /* a stop was asked for; killed at `deadline` */
    LEFTOVER, /* the leader has gone, others have not; killed at `deadline` */
    KILLING,  /* round after round until nothing is left */
    ENDED     /* nothing is left; waits for the daemon to say bye */
};

struct keeper {
    struct spec spec;
    struct workload_log log;
    enum phase phase;
    pid_t leader;
    uint64_t start;
    int64_t started_ms;
    bool leader_gone;
    struct outcome outcome;
    int64_t deadline; /* monotonic; 0 is none */
    int64_t killing_since;
    int rounds;
    bool told_stuck;
    bool told_log_error;
    int64_t disk_retry;
    int control, listener, signals, fifo, pidfd;
    char command[MAX_COMMAND_BYTES];
    size_t command_size;
};

static void drop_control(struct keeper *k)
{
    if (k->control >= 0)
        close(k->control);
    k->control = -1;
    k->command_size = 0;
}

static void say_state(struct keeper *k)
{
    static const char *const kinds[] = {"exit", "signal", "unknown"};
    bool said = tell(k->control, "keeper %d %d %s\n", KEEPER_PROTOCOL, (int)getpid(), k->spec.generation)
        && tell(k->control, "started %d %llu %lld\n", (int)k->leader, (unsigned long long)k->start,
            (long long)k->started_ms);
    if (said && k->phase == ENDED)
        said = tell(k->control, "ended %s %d %lld\n", kinds[k->outcome.kind], k->outcome.code,
            (long long)k->outcome.at_ms);
    if (!said)
        drop_control(k);
}

static void begin_stop(struct keeper *k, int signal, int timeout_ms)
{
    if (k->phase == LEFTOVER || k->phase == KILLING || k->phase == ENDED)
        return;
    k->phase = ASKED;
    k->deadline = monotonic_ms() + timeout_ms;
    if (k->spec.adopt_pid > 0)
        tree_signal(&k->spec, signal);
    else if (k->leader_gone)
        tree_signal(&k->spec, signal); /* its number may be somebody else's by now */
    else if (kill(-k->leader, signal) < 0)
        kill(k->leader, signal);
}

static void kill_round(struct keeper *k)
{
    if (k->phase != KILLING) {
        k->phase = KILLING;
        k->killing_since = monotonic_ms();
    }
    int left = 0;
    cgroup_kill(&k->spec);
    if (k->rounds++ == 0 && !k->leader_gone && k->spec.adopt_pid == 0)
        kill(-k->leader, SIGKILL); /* mostly that is all of it; a look at every process can wait for the next round */
    else
        left = tree_signal(&k->spec, SIGKILL);
    k->deadline = monotonic_ms() + KILL_ROUND_MS;
    if (left > 0 && !k->told_stuck && monotonic_ms() - k->killing_since > STUCK_MS) {
        k->told_stuck = true;
        tell(k->control, "stuck %d\n", left);
    }
}

static void pump_log(struct keeper *k, bool all)
{
    /* One wake moves at most a few chunks, so that a flood never keeps us from signals and commands. */
    for (int chunk = 0; all || chunk < 16; chunk++) {
        ssize_t moved = log_pump(&k->log, k->fifo);
        if (moved > 0) {
            if (k->told_log_error)
                tell(k->control, "log-ok\n");
            k->told_log_error = false;
            k->disk_retry = 0;
            continue;
        }
        if (moved < 0) {
            if (!k->told_log_error)
                tell(k->control, "log-error %d\n", k->log.last_error);
            k->told_log_error = true;
            k->disk_retry = monotonic_ms() + DISK_RETRY_MS;
        }
        return;
    }
}

/* Nothing of the workload lives any more. */
static void finish(struct keeper *k)
{
    static const char *const kinds[] = {"exit", "signal", "unknown"};
    pump_log(k, true);
    k->phase = ENDED;
    cgroup_remove(&k->spec);
    record_ended(&k->spec, k->leader, k->start, &k->outcome);
    /* From here on the folder may belong to the next run. */
    unlink("sock");
    close(k->listener);
    k->listener = -1;
    close(LOCK_FD);
    bool told = tell(k->control, "ended %s %d %lld\n", kinds[k->outcome.kind], k->outcome.code,
        (long long)k->outcome.at_ms);
    if (!told)
        drop_control(k);
    k->deadline = monotonic_ms() + GOODBYE_MS;
}

static void leader_ended(struct keeper *k, enum ending kind, int code)
{
    k->leader_gone = true;
    k->outcome = (struct outcome){kind, code, now_ms()};
}

static void reap(struct keeper *k)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0)
            return;
        if (pid != k->leader || k->spec.adopt_pid > 0)
            continue;
        if (WIFSIGNALED(status))
            leader_ended(k, ENDED_SIGNAL, WTERMSIG(status));
        else
            leader_ended(k, ENDED_EXIT, WEXITSTATUS(status));
    }
}

static bool tree_is_empty(struct keeper *k)
{
    if (!cgroup_is_empty(&k->spec))
        return false;
    if (k->spec.adopt_pid > 0)
        return tree_signal(&k->spec, 0) == 0;
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* After anything that may have ended a process: is the run over? */
static void look_at_tree(struct keeper *k)
{
    if (!k->leader_gone || k->phase == ENDED)
        return;
    if (tree_is_empty(k)) {
        finish(k);
        return;
    }
    if (k->phase == RUNNING || k->phase == ASKED) {
        int grace = k->spec.stop_timeout_ms < LEFTOVER_MS ? k->spec.stop_timeout_ms : LEFTOVER_MS;
        int64_t latest = monotonic_ms() + grace;
        if (k->phase == ASKED && k->deadline < latest)
            latest = k->deadline;
        k->phase = LEFTOVER;
        k->deadline = latest;
        tree_signal(&k->spec, SIGTERM);
    } else if (k->phase == KILLING) {
        kill_round(k);
    }
}

/* Returns false when the daemon has noted the end and we may go. */
static bool obey(struct keeper *k, const char *command)
{
    int signal, timeout_ms;
    if (sscanf(command, "stop %d %d", &signal, &timeout_ms) == 2)
        begin_stop(k, signal, timeout_ms);
    else if (strcmp(command, "kill") == 0 && k->phase != ENDED)
        kill_round(k);
    else if (strcmp(command, "bye") == 0 && k->phase == ENDED)
        return false;
    return true;
}

static bool read_commands(struct keeper *k)
{
    ssize_t got = recv(k->control, k->command + k->command_size, sizeof k->command - k->command_size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0) {
        drop_control(k);
        return true;
    }
    k->command_size += (size_t)got;
    char *newline;
    while ((newline = memchr(k->command, '\n', k->command_size)) != NULL) {
        *newline = '\0';
        bool stay = obey(k, k->command);
        size_t used = (size_t)(newline + 1 - k->command);
        memmove(k->command, k->command + used, k->command_size - used);
        k->command_size -= used;
        if (!stay)
            return false;
    }
    if (k->command_size == sizeof k->command)
        drop_control(k); /* no command is that long */
    return true;
}

static void read_signals(struct keeper *k)
{
    struct signalfd_siginfo info;
    while (read(k->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(k);
        else if (info.ssi_signo == SIGTERM)
            begin_stop(k, k->spec.stop_signal, k->spec.stop_timeout_ms);
    }
}

static int poll_timeout(const struct keeper *k)
{
    int64_t next = k->deadline;
    if (k->disk_retry != 0 && (next == 0 || k->disk_retry < next))
        next = k->disk_retry;
    if (next == 0)
        return -1;
    int64_t left = next - monotonic_ms();
    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void deadline_passed(struct keeper *k)
{
    k->deadline = 0;
    if (k->phase == ASKED || k->phase == LEFTOVER || k->phase == KILLING)
        kill_round(k);
    look_at_tree(k);
}

/* Until nothing of the workload is left and the daemon, where there is one, knows how it ended. */
static void keep(struct keeper *k)
{
    for (;;) {
        if (k->phase == ENDED && (k->control < 0 || (k->deadline != 0 && monotonic_ms() >= k->deadline)))
            return;
        struct pollfd wait[5] = {
            {.fd = k->signals, .events = POLLIN},
            {.fd = k->listener, .events = POLLIN},
            {.fd = k->control, .events = POLLIN},
            {.fd = k->phase == ENDED || k->disk_retry != 0 ? -1 : k->fifo, .events = POLLIN},
            {.fd = k->leader_gone ? -1 : k->pidfd, .events = POLLIN},
        };
        if (poll(wait, 5, poll_timeout(k)) < 0 && errno != EINTR)
            return;
        if (wait[0].revents)
            read_signals(k);
        if (wait[4].revents)
            leader_ended(k, ENDED_UNKNOWN, 0);
        if (wait[1].revents) {
            int fd = accept_control(k->listener);
            if (fd >= 0) {
                drop_control(k);
                k->control = fd;
                wait[2].revents = 0;
                say_state(k);
            }
        }
        if (wait[2].revents && !read_commands(k))
            return;
        if (k->disk_retry != 0 && monotonic_ms() >= k->disk_retry) {
            k->disk_retry = 0;
            pump_log(k, false);
        } else if (wait[3].revents) {
            pump_log(k, false);
        }
        if (wait[0].revents || wait[4].revents)
            look_at_tree(k);
        if (k->phase != ENDED && k->deadline != 0 && monotonic_ms() >= k->deadline)
            deadline_passed(k);
    }
}

static bool open_fifo(struct keeper *k)
{
    if (mkfifo("fifo", 0600) < 0 && errno != EEXIST)
        return false;
    if (k->spec.context.change_user && lchown("fifo", k->spec.context.uid, k->spec.context.gid) < 0)
        return false;
    k->fifo = open("fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    return k->fifo >= 0 && fstat(k->fifo, &status) == 0 && S_ISFIFO(status.st_mode);
}

static void open_signals(struct keeper *k)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    k->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* A workload whose keeper was killed: its log is drained and its end noticed, its exit status is lost. */
static bool adopt(struct keeper *k)
{
    k->leader = k->spec.adopt_pid;
    k->start = k->spec.adopt_start;
    k->pidfd = (int)syscall(SYS_pidfd_open, k->leader, 0);
    return k->pidfd >= 0 && process_start(k->leader) == k->start;
}

int main(int argc, char **argv)
{
    static struct keeper k = {.control = CONTROL_FD, .listener = -1, .signals = -1, .fifo = -1, .pidfd = -1};
    if (argc != 2 || fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(LOCK_FD, F_SETFD, FD_CLOEXEC) < 0) {
        fprintf(stderr, "%s: started by master-control for each run of a workload, not by hand\n",
            argc > 0 ? argv[0] : "mc-keeper");
        return 2;
    }
    open_signals(&k);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!read_spec(CONTROL_FD, &k.spec))
        return 1;
    if (k.spec.errand_ms > 0)
        return run_errand(&k.spec, k.signals);
    if (chdir(k.spec.directory) < 0 || !open_fifo(&k) || (k.listener = open_control_listener()) < 0) {
        tell(CONTROL_FD, "failed state-directory %d\n", errno);
        return 1;
    }
    if (!log_open(&k.log, &k.spec))
        k.told_log_error = tell(CONTROL_FD, "log-error %d\n", k.log.last_error);

    struct launch_failure failure;
    if (k.spec.adopt_pid > 0) {
        if (!adopt(&k)) {
            tell(CONTROL_FD, "failed adopt %d\n", ESRCH);
            return 1;
        }
    } else {
        cgroup_make(&k.spec);
        k.leader = launch(&k.spec, "fifo", &failure);
        if (k.leader < 0) {
            cgroup_remove(&k.spec);
            tell(CONTROL_FD, "failed %s %d\n", failure.step, failure.error);
            return 1;
        }
        k.start = process_start(k.leader);
    }
    k.started_ms = now_ms();
    if (k.spec.adopt_pid == 0)
        record_running(&k.spec, k.leader, k.start);
    say_state(&k);
    keep(&k);
    return 0;
}
