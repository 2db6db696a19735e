/*
 * An errand: a short program beside a run, such as a probe. It has the terms of a run, a time limit, and no log. All of it
 * ends with it: what it started goes when it has ended, when its time is over, and when the daemon does not want to know
 * any more or lives no more, both of which end the connection.
 */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between two rounds of killing; what can't be killed is waited for no longer than STUCK_MS before the answer. */
#define KILL_ROUND_MS 50
#define STUCK_MS 5000

struct errand {
    const struct spec *spec;
    pid_t leader;
    int report;
    bool leader_gone;
    int status; /* as waitpid says it */
};

static void reap(struct errand *e)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == e->leader) {
            e->leader_gone = true;
            e->status = status;
        }
}

static bool is_empty(const struct spec *spec)
{
    siginfo_t info;
    return cgroup_is_empty(spec) && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Waits until a process ended, the connection did, or it is time. Returns false where the connection ended. */
static bool wait_for_news(struct errand *e, int signals, int64_t until)
{
    int64_t left = until - monotonic_ms();
    struct pollfd wait[2] = {{.fd = signals, .events = POLLIN}, {.fd = CONTROL_FD, .events = POLLIN}};
    poll(wait, 2, left < 0 ? 0 : (int)left);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo == SIGTERM)
            return false;
    reap(e);
    if (wait[1].revents == 0)
        return true;
    char text[64]; /* nothing is said to us: what can be read is the end */
    ssize_t got = recv(CONTROL_FD, text, sizeof text, MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void answer(struct errand *e)
{
    struct launch_failure failure;
    if (!e->leader_gone)
        tell(CONTROL_FD, "too-long\n");
    else if (launch_failed(e->report, &failure))
        tell(CONTROL_FD, "failed %s %d\n", failure.step, failure.error);
    else if (WIFSIGNALED(e->status))
        tell(CONTROL_FD, "ended signal %d %lld\n", WTERMSIG(e->status), (long long)now_ms());
    else
        tell(CONTROL_FD, "ended exit %d %lld\n", WEXITSTATUS(e->status), (long long)now_ms());
}

/* Ends all that is left. The answer comes when that is done, or has become hopeless. */
static void clear_away(struct errand *e, int signals, bool in_time)
{
    struct errand verdict = *e;
    if (!in_time)
        verdict.leader_gone = false;
    bool answered = false;
    int64_t begun = monotonic_ms();
    while (!is_empty(e->spec)) {
        cgroup_kill(e->spec);
        tree_signal(e->spec, SIGKILL);
        if (!answered && monotonic_ms() - begun > STUCK_MS) {
            answered = true;
            answer(&verdict);
        }
        struct pollfd wait = {.fd = signals, .events = POLLIN};
        poll(&wait, 1, KILL_ROUND_MS);
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof info) == sizeof info)
            ;
        reap(e);
    }
    cgroup_remove(e->spec);
    if (!answered)
        answer(&verdict);
}

int run_errand(struct spec *spec, int signals)
{
    struct errand e = {.spec = spec};
    struct launch_failure failure;
    spec->context.parent = getpid(); /* not even our being killed leaves the program behind */
    cgroup_make(spec);
    int64_t deadline = monotonic_ms() + spec->errand_ms;
    e.leader = launch_begin(spec, "/dev/null", &e.report, &failure);
    if (e.leader < 0) {
        cgroup_remove(spec);
        tell(CONTROL_FD, "failed %s %d\n", failure.step, failure.error);
        return 1;
    }
    bool wanted = true;
    while (wanted && !e.leader_gone && monotonic_ms() < deadline)
        wanted = wait_for_news(&e, signals, deadline);
    clear_away(&e, signals, e.leader_gone);
    return 0;
}
