/* From a specification to a running program, or to the step that failed and its errno. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: says which step failed and ends. */
static void __attribute__((noreturn)) give_up(int report, const char *step)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%s %d", step, errno);
    ssize_t ignored = write(report, text, (size_t)size);
    (void)ignored;
    _exit(127);
}

static const char *search_path(char **env)
{
    for (char **entry = env; *entry != NULL; entry++)
        if (strncmp(*entry, "PATH=", 5) == 0)
            return *entry + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* execvpe looks in our PATH; the workload's own is what counts. */
static void execute(char **argv, char **env)
{
    const char *name = argv[0];
    if (strchr(name, '/') != NULL) {
        execve(name, argv, env);
        return;
    }
    int error = ENOENT;
    for (const char *path = search_path(env); path != NULL;) {
        const char *end = strchrnul(path, ':');
        char candidate[4096];
        int size = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)(end - path), path, name);
        if (end > path && size > 0 && (size_t)size < sizeof candidate) {
            execve(candidate, argv, env);
            if (errno != ENOENT && errno != ENOTDIR)
                error = errno;
        }
        path = *end ? end + 1 : NULL;
    }
    errno = error;
}

static void __attribute__((noreturn)) become(const struct spec *spec, const char *fifo, int report)
{
    setsid();
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    /* Read and write: the workload holds a reading end of its own, so that a keeper that is killed never turns into
       a SIGPIPE for it. What it prints then waits in the FIFO for the next keeper. */
    int output = open(fifo, O_RDWR | O_CLOEXEC);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (output < 0 || input < 0)
        give_up(report, "output");
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        give_up(report, "output");
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);

    umask(022);
    struct rlimit files;
    if (spec->file_limit > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0 && spec->file_limit < files.rlim_cur) {
        files.rlim_cur = spec->file_limit;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (spec->has_nice && setpriority(PRIO_PROCESS, 0, spec->nice) < 0)
        give_up(report, "nice");
    if (spec->change_user) {
        if (setgroups((size_t)spec->group_count, spec->groups) < 0 || setgid(spec->gid) < 0 || setuid(spec->uid) < 0)
            give_up(report, "user");
    }
    if (chdir(spec->working_dir) < 0)
        give_up(report, "chdir");
    if (spec->memory_limit_bytes > 0) {
        struct rlimit limit = {spec->memory_limit_bytes, spec->memory_limit_bytes};
        if (setrlimit(RLIMIT_AS, &limit) < 0)
            give_up(report, "memory");
    }
    execute(spec->argv, spec->env);
    give_up(report, "exec");
}

pid_t launch(const struct spec *spec, const char *fifo, struct launch_failure *failure)
{
    static char text[64];
    int report[2];
    *failure = (struct launch_failure){"fork", 0};
    if (pipe2(report, O_CLOEXEC) < 0) {
        failure->error = errno;
        return -1;
    }
    pid_t pid = cgroup_fork(spec);
    if (pid < 0) {
        failure->error = errno;
        close(report[0]);
        close(report[1]);
        return -1;
    }
    if (pid == 0)
        become(spec, fifo, report[1]);
    close(report[1]);
    ssize_t size;
    do {
        size = read(report[0], text, sizeof text - 1);
    } while (size < 0 && errno == EINTR);
    close(report[0]);
    if (size <= 0)
        return pid; /* closed by exec: it runs */
    text[size] = '\0';
    char *blank = strchr(text, ' ');
    if (blank != NULL) {
        *blank = '\0';
        failure->error = atoi(blank + 1);
    }
    failure->step = text;
    waitpid(pid, NULL, 0);
    return -1;
}
