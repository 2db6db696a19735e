/*
 * A control group (v2) for a run, where the daemon was given a part of the hierarchy to manage: nothing leaves it by
 * forking, by new sessions or by becoming another user, and `cgroup.kill` ends all of it in one step. It adds to what
 * the subreaper knows and never replaces it: wherever something of it fails, the run goes on without.
 */
#include "keeper.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_in(const struct spec *spec, const char *file, int flags)
{
    char path[4096];
    if (spec->cgroup[0] == '\0')
        return -1;
    int size = snprintf(path, sizeof path, "%s/%s", spec->cgroup, file);
    return size > 0 && (size_t)size < sizeof path ? open(path, flags | O_CLOEXEC | O_NOFOLLOW) : -1;
}

void cgroup_make(struct spec *spec)
{
    if (spec->cgroup[0] != '\0' && mkdir(spec->cgroup, 0755) < 0)
        spec->cgroup = "";
}

/* Begins life in the group: moving there afterwards would wait for a grace period of the whole kernel. */
pid_t cgroup_fork(const struct spec *spec)
{
    int group = open_in(spec, ".", O_RDONLY | O_DIRECTORY);
    if (group < 0)
        return fork();
    struct clone_args arguments = {
        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)group};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0)
        return 0;
    close(group);
    return pid < 0 ? fork() : pid;
}

void cgroup_kill(const struct spec *spec)
{
    int fd = open_in(spec, "cgroup.kill", O_WRONLY);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, "1", 1);
    (void)ignored;
    close(fd);
}

bool cgroup_is_empty(const struct spec *spec)
{
    char text[128];
    int fd = open_in(spec, "cgroup.events", O_RDONLY);
    if (fd < 0)
        return true;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    return strstr(text, "populated 1") == NULL;
}

void cgroup_remove(const struct spec *spec)
{
    if (spec->cgroup[0] != '\0')
        rmdir(spec->cgroup);
}
