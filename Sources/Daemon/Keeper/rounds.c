/*
 * Killing, again and again until nothing is left. What a walk over all processes finds and kills can't fork any more, so
 * that a second walk that finds the same ones, none of them having ended in between, is the last one: what keeps them
 * alive is the kernel, a dead network disk for example, and one that ends is told to us.
 */
#include "keeper.h"

#include <signal.h>

#define FIRST_PAUSE_MS 50
#define LONGEST_PAUSE_MS 5000

int64_t mck_kill_round(struct mck_rounds *rounds, const struct mck_spec *spec, int *handle)
{
    int64_t now = mck_now_ms();
    if (rounds->since == 0)
        rounds->since = now;
    if (rounds->changed || rounds->pause == 0)
        rounds->pause = FIRST_PAUSE_MS;
    mck_cgroup_kill(spec);
    struct mck_tree tree = mck_tree_signal(spec, SIGKILL, 0, handle);
    bool is_settled = tree.is_complete && !rounds->changed && tree.count > 0 && tree.count == rounds->last.count
        && tree.mark == rounds->last.mark;
    rounds->last = tree;
    rounds->changed = false;
    if (is_settled)
        return 0;
    int64_t next = now + rounds->pause;
    rounds->pause = rounds->pause * 2 < LONGEST_PAUSE_MS ? rounds->pause * 2 : LONGEST_PAUSE_MS;
    return next;
}
