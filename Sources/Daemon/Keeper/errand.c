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

/* What can't be killed is waited for no longer than this before the answer. */
#define STUCK_MS 5000

struct errand {
    const struct mck_spec *spec;
    pid_t leader;
    int report;
    bool leader_gone;
    int status; /* as waitpid says it */
    struct mck_rounds rounds;
};

static void reap(struct errand *e)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        e->rounds.changed = true;
        if (pid == e->leader) {
            e->leader_gone = true;
            e->status = status;
        }
    }
}

static bool is_empty(const struct mck_spec *spec)
{
    siginfo_t info;
    return mck_cgroup_is_empty(spec) && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Waits for a signal, or until it is time; -1 is never. */
static void wait_for(struct pollfd *wait, nfds_t count, int64_t until)
{
    int64_t left = until - mck_now_ms();
    if (poll(wait, count, until < 0 ? -1 : left < 0 ? 0 : (int)left) < 0)
        for (nfds_t i = 0; i < count; i++)
            wait[i].revents = 0;
}

/* Waits until a process ended, the connection did, or it is time. Returns false where the connection ended. */
static bool wait_for_news(struct errand *e, int signals, int64_t until)
{
    struct pollfd wait[2] = {{.fd = signals, .events = POLLIN}, {.fd = MCK_CONTROL_FD, .events = POLLIN}};
    wait_for(wait, 2, until);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo == SIGTERM)
            return false;
    reap(e);
    if (wait[1].revents == 0)
        return true;
    char text[64]; /* nothing is said to us: what can be read is the end */
    ssize_t got = recv(MCK_CONTROL_FD, text, sizeof text, MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Whoever does not hear it has gone, and then all of this is over too. */
static void answer(struct errand *e)
{
    struct mck_failure failure;
    if (!e->leader_gone)
        mck_tell(MCK_CONTROL_FD, "too-long\n");
    else if (mck_launch_failed(e->report, &failure))
        mck_tell(MCK_CONTROL_FD, "failed %s %d\n", failure.step, failure.error);
    else if (WIFSIGNALED(e->status))
        mck_tell(MCK_CONTROL_FD, "ended signal %d %lld\n", WTERMSIG(e->status), (long long)mck_wall_ms());
    else
        mck_tell(MCK_CONTROL_FD, "ended exit %d %lld\n", WEXITSTATUS(e->status), (long long)mck_wall_ms());
}

/* Ends all that is left. The answer comes when that is done, or has become hopeless. */
static void clear_away(struct errand *e, int signals, bool in_time)
{
    struct errand verdict = *e;
    if (!in_time)
        verdict.leader_gone = false;
    int64_t hopeless = mck_now_ms() + STUCK_MS; /* 0: answered */
    int64_t next = 0;                           /* 0: nothing can have changed since the last round */
    for (bool is_due = true; !is_empty(e->spec); is_due = e->rounds.changed || (next > 0 && next <= mck_now_ms())) {
        if (is_due)
            next = mck_kill_round(&e->rounds, e->spec, NULL);
        if (hopeless > 0 && mck_now_ms() >= hopeless) {
            hopeless = 0;
            answer(&verdict);
        }
        int64_t until = next > 0 && (hopeless == 0 || next < hopeless) ? next : hopeless;
        struct pollfd wait = {.fd = signals, .events = POLLIN};
        wait_for(&wait, 1, until > 0 ? until : -1);
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof info) == sizeof info)
            ;
        reap(e);
    }
    mck_cgroup_remove(e->spec);
    if (hopeless > 0)
        answer(&verdict);
}

int mck_run_errand(struct mck_spec *spec, int signals)
{
    struct errand e = {.spec = spec};
    struct mck_failure failure;
    spec->context.parent = getpid(); /* not even our being killed leaves the program behind */
    mck_cgroup_make(spec);
    int64_t deadline = mck_now_ms() + spec->errand_ms;
    e.leader = mck_launch_begin(spec, "/dev/null", &e.report, &failure);
    if (e.leader < 0) {
        mck_cgroup_remove(spec);
        mck_tell(MCK_CONTROL_FD, "failed %s %d\n", failure.step, failure.error);
        return 1;
    }
    bool wanted = true;
    while (wanted && !e.leader_gone && mck_now_ms() < deadline)
        wanted = wait_for_news(&e, signals, deadline);
    clear_away(&e, signals, e.leader_gone);
    return 0;
}
