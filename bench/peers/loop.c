/*
 * The least a supervisor can be: one loop on pidfds, that starts its children again when they end.
 * No logs, no state, no commands: what it needs is what the kernel needs.
 *
 *   loop LOAD FILE MODE COUNT LIMIT_MS   SIGTERM ends all of them, with SIGKILL after the limit
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char **arguments;
static posix_spawnattr_t attributes;

static pid_t begin(int index, struct pollfd *handle)
{
    char name[32];
    snprintf(name, sizeof name, "w%d", index);
    char *words[] = {arguments[1], name, arguments[2], arguments[3], NULL};
    pid_t pid = 0;
    if (posix_spawn(&pid, arguments[1], NULL, &attributes, words, environ) != 0)
        exit(1);
    *handle = (struct pollfd){.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    return pid;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    arguments = argv;
    int count = atoi(argv[4]), limit = atoi(argv[5]), left = count;
    pid_t *pids = calloc((size_t)count, sizeof *pids);
    struct pollfd *wait = calloc((size_t)count + 1, sizeof *wait);
    if (pids == NULL || wait == NULL)
        return 1;
    sigset_t term, none;
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    wait[count] = (struct pollfd){.fd = signalfd(-1, &term, SFD_CLOEXEC), .events = POLLIN};
    for (int i = 0; i < count; i++)
        pids[i] = begin(i, &wait[i]);
    int ending = 0;
    while (left > 0) {
        if (poll(wait, (nfds_t)count + 1, ending == 1 ? limit : -1) == 0) {
            ending = 2;
            for (int i = 0; i < count; i++)
                if (wait[i].fd >= 0)
                    kill(-pids[i], SIGKILL);
        }
        if (wait[count].revents) {
            wait[count].fd = -1;
            ending = 1;
            for (int i = 0; i < count; i++)
                kill(-pids[i], SIGTERM);
        }
        for (int i = 0; i < count; i++)
            if (wait[i].fd >= 0 && wait[i].revents) {
                waitpid(pids[i], NULL, 0);
                close(wait[i].fd);
                wait[i].fd = -1;
                if (ending)
                    left--;
                else
                    pids[i] = begin(i, &wait[i]);
            }
    }
    return 0;
}
