/* From a specification to a running program, or to the step that failed and its errno. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: says which step failed and ends. */
static void __attribute__((noreturn)) give_up(int report, const char *step, int error)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%s %d", step, error);
    ssize_t ignored = write(report, text, (size_t)size);
    (void)ignored;
    _exit(127);
}

static void __attribute__((noreturn)) begin(const struct spec *spec, const char *sink, int report)
{
    setsid();
    /* Read and write: the workload holds a reading end of its own, so that a keeper that is killed never turns into
       a SIGPIPE for it. What it prints then waits in the FIFO for the next keeper. */
    int output = open(sink, O_RDWR | O_CLOEXEC);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (output < 0 || input < 0)
        give_up(report, "output", errno);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        give_up(report, "output", errno);
    int error;
    const char *step = mc_become(&spec->context, &error);
    give_up(report, step, error);
}

pid_t launch_begin(const struct spec *spec, const char *sink, int *report, struct launch_failure *failure)
{
    int ends[2];
    *failure = (struct launch_failure){"fork", 0};
    if (pipe2(ends, O_CLOEXEC) < 0) {
        failure->error = errno;
        return -1;
    }
    pid_t pid = cgroup_fork(spec);
    if (pid < 0) {
        failure->error = errno;
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (pid == 0)
        begin(spec, sink, ends[1]);
    close(ends[1]);
    *report = ends[0];
    return pid;
}

bool launch_failed(int report, struct launch_failure *failure)
{
    static char text[64];
    ssize_t size;
    do {
        size = read(report, text, sizeof text - 1);
    } while (size < 0 && errno == EINTR);
    close(report);
    if (size <= 0)
        return false; /* closed by exec: it runs */
    text[size] = '\0';
    char *blank = strchr(text, ' ');
    if (blank != NULL) {
        *blank = '\0';
        failure->error = atoi(blank + 1);
    }
    failure->step = text;
    return true;
}

pid_t launch(const struct spec *spec, const char *sink, struct launch_failure *failure)
{
    int report;
    pid_t pid = launch_begin(spec, sink, &report, failure);
    if (pid < 0 || !launch_failed(report, failure))
        return pid;
    waitpid(pid, NULL, 0);
    return -1;
}
