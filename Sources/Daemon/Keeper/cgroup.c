/*
 * A control group (v2) for a run, where the daemon was given a part of the hierarchy to manage: nothing leaves it by
 * forking, by new sessions or by becoming another user, and `cgroup.kill` ends all of it in one step. It adds to what
 * the subreaper knows and never replaces it: wherever something of it fails, the run goes on without.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_in(const struct mck_spec *spec, const char *file, int flags)
{
    char path[4096];
    if (spec->cgroup[0] == '\0')
        return -1;
    int size = snprintf(path, sizeof path, "%s/%s", spec->cgroup, file);
    return size > 0 && (size_t)size < sizeof path ? open(path, flags | O_CLOEXEC | O_NOFOLLOW) : -1;
}

void mck_cgroup_make(struct mck_spec *spec)
{
    if (spec->cgroup[0] == '\0' || mkdir(spec->cgroup, 0755) == 0)
        return;
    mck_note_trouble("cgroup-make", errno);
    spec->cgroup = "";
}

/* Begins life in the group: moving there afterwards would wait for a grace period of the whole kernel. */
pid_t mck_cgroup_fork(const struct mck_spec *spec)
{
    int group = open_in(spec, ".", O_RDONLY | O_DIRECTORY);
    if (group < 0)
        return fork();
    struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)group};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0)
        return 0;
    if (pid < 0)
        mck_note_trouble("cgroup-enter", errno);
    close(group);
    return pid < 0 ? fork() : pid;
}

void mck_cgroup_kill(const struct mck_spec *spec)
{
    if (spec->cgroup[0] == '\0')
        return;
    int fd = open_in(spec, "cgroup.kill", O_WRONLY);
    if ((fd < 0 && errno != ENOENT) || (fd >= 0 && write(fd, "1", 1) < 0))
        mck_note_trouble("cgroup-kill", errno);
    if (fd >= 0)
        close(fd);
}

bool mck_cgroup_is_empty(const struct mck_spec *spec)
{
    char text[128];
    if (spec->cgroup[0] == '\0')
        return true;
    int fd = open_in(spec, "cgroup.events", O_RDONLY);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (size < 0 && errno != ENOENT)
        mck_note_trouble("cgroup-read", errno);
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    return strstr(text, "populated 1") == NULL;
}

void mck_cgroup_remove(const struct mck_spec *spec)
{
    if (spec->cgroup[0] != '\0' && rmdir(spec->cgroup) < 0 && errno != ENOENT)
        mck_note_trouble("cgroup-remove", errno);
}
