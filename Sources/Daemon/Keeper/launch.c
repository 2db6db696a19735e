/* From a specification to a running program, or to the step that failed and its errno. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The name of a step may have the path of an interpreter in it, see mcp_explain_exec. */
enum { LONGEST_REPORT = 400 };

/* In the child: says which step failed and ends. */
static void __attribute__((noreturn)) give_up(int report, const char *step, int error)
{
    char text[LONGEST_REPORT];
    int size = snprintf(text, sizeof text, "%s %d", step, error);
    /* Where even that fails the end of this process is all that is seen: status 127. */
    ssize_t ignored = write(report, text, size < (int)sizeof text ? (size_t)size : sizeof text - 1);
    (void)ignored;
    _exit(127);
}

static void __attribute__((noreturn)) begin(const struct mck_spec *spec, const char *sink, int report)
{
    if (setsid() < 0)
        give_up(report, "session", errno);
    /* Read and write: the workload holds a reading end of its own, so that a keeper that is killed never turns into
       a SIGPIPE for it. What it prints then waits in the FIFO for the next keeper. */
    int output = open(sink, O_RDWR | O_CLOEXEC);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (output < 0 || input < 0)
        give_up(report, "output", errno);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        give_up(report, "output", errno);
    int error;
    const char *step = mcp_become(&spec->context, &error);
    give_up(report, step, error);
}

pid_t mck_launch_begin(const struct mck_spec *spec, const char *sink, int *report, struct mck_failure *failure)
{
    int ends[2];
    *failure = (struct mck_failure){"fork", 0};
    if (pipe2(ends, O_CLOEXEC) < 0) {
        failure->error = errno;
        return -1;
    }
    pid_t pid = mck_cgroup_fork(spec);
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

bool mck_launch_failed(int report, struct mck_failure *failure)
{
    static char text[LONGEST_REPORT];
    ssize_t size;
    do {
        size = read(report, text, sizeof text - 1);
    } while (size < 0 && errno == EINTR);
    close(report);
    if (size <= 0)
        return false; /* closed by exec: it runs */
    text[size] = '\0';
    char *blank = strrchr(text, ' ');
    if (blank != NULL) {
        *blank = '\0';
        failure->error = atoi(blank + 1);
    }
    failure->step = text;
    return true;
}

pid_t mck_launch(const struct mck_spec *spec, const char *sink, struct mck_failure *failure)
{
    int report;
    pid_t pid = mck_launch_begin(spec, sink, &report, failure);
    if (pid < 0 || !mck_launch_failed(report, failure))
        return pid;
    waitpid(pid, NULL, 0);
    return -1;
}
