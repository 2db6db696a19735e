/*
 * Stopping. Each process of the tree is told once, by one signal, and all of them have the whole time from then on:
 *   the leader's group at once;
 *   those that have left the group when the leader has gone, since until then it is the leader's business;
 *   all that is left where the leader has gone by itself.
 * Then they are killed.
 */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* An uninterruptible process is told to the daemon after this. */
#define STUCK_MS 10000
#define FIRST_ROUND_MS 50

/* The handle is that of the leader while it lives. */
static struct mck_tree signal_tree(struct mck_run *k, int signal, pid_t spared)
{
    if (k->spec.adopt_pid == 0 || !k->leader_gone)
        return mck_tree_signal(&k->spec, signal, spared, NULL);
    if (k->pidfd >= 0)
        close(k->pidfd);
    return mck_tree_signal(&k->spec, signal, spared, &k->pidfd);
}

void mck_begin_stop(struct mck_run *k, int signal, int timeout_ms)
{
    int64_t deadline = mck_now_ms() + timeout_ms;
    if (k->phase == MCK_STOPPING && deadline < k->deadline)
        k->deadline = deadline;
    if (k->phase != MCK_RUNNING)
        return;
    k->phase = MCK_STOPPING;
    k->deadline = deadline;
    k->stop_signal = signal;
    /* The number of a leader that has gone, and of its group, may be somebody else's by now. */
    k->heard = k->leader_gone || k->spec.adopt_pid > 0;
    if (k->leader_gone)
        k->outcome.left = signal_tree(k, signal, 0).count;
    else if (k->heard)
        signal_tree(k, signal, 0);
    else if (kill(-k->leader, signal) < 0)
        mck_note_trouble("signal", errno);
}

static void kill_round(struct mck_run *k)
{
    bool is_watched = k->spec.adopt_pid > 0 && k->leader_gone;
    if (is_watched && k->pidfd >= 0)
        close(k->pidfd);
    k->deadline = mck_kill_round(&k->rounds, &k->spec, is_watched ? &k->pidfd : NULL);
    if (k->told_stuck)
        return;
    int64_t patience = k->rounds.since + STUCK_MS;
    if (k->rounds.last.count > 0 && mck_now_ms() >= patience) {
        k->told_stuck = true;
        if (!mck_tell(k->control, "stuck %d\n", k->rounds.last.count))
            mck_drop_control(k);
    } else if (k->deadline == 0) {
        k->deadline = patience;
    }
}

void mck_begin_killing(struct mck_run *k)
{
    if (k->phase >= MCK_KILLING)
        return;
    k->phase = MCK_KILLING;
    if (k->leader_gone || k->spec.adopt_pid > 0) {
        kill_round(k);
        return;
    }
    /* Mostly that is all of it; a look at every process can wait. */
    k->rounds.since = mck_now_ms();
    k->deadline = k->rounds.since + FIRST_ROUND_MS;
    mck_cgroup_kill(&k->spec);
    if (kill(-k->leader, SIGKILL) < 0)
        mck_note_trouble("signal", errno);
}

void mck_leader_ended(struct mck_run *k, enum mck_ending kind, int code)
{
    k->leader_gone = true;
    k->outcome.kind = kind;
    k->outcome.code = code;
    k->outcome.at_ms = mck_wall_ms();
}

void mck_reap(struct mck_run *k)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno != ECHILD)
            mck_note_trouble("wait", errno);
        if (pid <= 0)
            return;
        k->rounds.changed = true;
        if (pid != k->leader || k->spec.adopt_pid > 0)
            continue;
        if (WIFSIGNALED(status))
            mck_leader_ended(k, MCK_SIGNAL, WTERMSIG(status));
        else
            mck_leader_ended(k, MCK_EXIT, WEXITSTATUS(status));
    }
}

static bool tree_is_empty(struct mck_run *k)
{
    if (!mck_cgroup_is_empty(&k->spec))
        return false;
    if (k->spec.adopt_pid > 0) {
        struct mck_tree tree = signal_tree(k, 0, 0);
        return tree.is_complete && tree.count == 0;
    }
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

void mck_look_at_tree(struct mck_run *k)
{
    if (!k->leader_gone || k->phase >= MCK_DRAINING)
        return;
    if (tree_is_empty(k)) {
        mck_begin_draining(k);
    } else if (k->phase == MCK_RUNNING) {
        mck_begin_stop(k, k->spec.stop_signal, k->spec.stop_timeout_ms);
    } else if (k->phase == MCK_STOPPING && !k->heard) {
        k->heard = true;
        signal_tree(k, k->stop_signal, k->leader);
    } else if (k->phase == MCK_KILLING && k->rounds.changed) {
        kill_round(k);
    }
}

void mck_deadline_passed(struct mck_run *k)
{
    k->deadline = 0;
    if (k->phase == MCK_STOPPING) {
        mck_begin_killing(k);
    } else if (k->phase == MCK_KILLING) {
        kill_round(k);
        if (k->rounds.last.count == 0)
            mck_look_at_tree(k);
    } else if (k->phase == MCK_DRAINING) {
        mck_finish(k);
    }
}
