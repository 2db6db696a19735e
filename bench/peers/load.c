/*
 * The workload of the bench: says when it started, by its own clock, so that no look of the bench is in a figure.
 *
 *   load NAME FILE idle            waits until it is ended
 *   load NAME FILE deaf            the same, and ignores SIGTERM
 *   load NAME FILE tree            leaves a grandchild in a session of its own, then waits
 *   load NAME FILE write MB SECS   prints numbered lines of 100 bytes, MB megabytes a second, then waits
 *
 * Each start is a line `NAME PID NANOSECONDS` in FILE (CLOCK_MONOTONIC); the grandchild is NAME+, the end of the writing
 * is NAME! with the number of lines in the place of the pid.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE 100
#define LINES 160

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note(const char *file, const char *name, const char *mark, long long number)
{
    char line[256];
    int size = snprintf(line, sizeof line, "%s%s %lld %lld\n", name, mark, number, now());
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        _exit(3);
    close(fd);
}

static void put(const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(1, data, size);
        if (written <= 0)
            _exit(4);
        data += written;
        size -= (size_t)written;
    }
}

static long long print(double megabytes, double seconds)
{
    static char chunk[LINE * LINES];
    long long begun = now(), number = 0, total = (long long)(megabytes * 1e6 * seconds / LINE);
    while (number < total) {
        for (int line = 0; line < LINES; line++) {
            char *text = chunk + line * LINE;
            memset(text, '.', LINE);
            int size = snprintf(text, LINE, "%012lld", number++);
            text[size] = ' ';
            text[LINE - 1] = '\n';
        }
        put(chunk, sizeof chunk);
        long long ahead = begun + (long long)((double)number * LINE / megabytes * 1e3) - now();
        if (ahead > 1000000)
            nanosleep(&(struct timespec){ahead / 1000000000, ahead % 1000000000}, NULL);
    }
    return number;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const char *name = argv[1], *file = argv[2], *mode = argv[3];
    if (strcmp(mode, "deaf") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(mode, "tree") == 0 && fork() == 0) {
        if (setsid() < 0 || fork() != 0)
            _exit(0);
        note(file, name, "+", getpid());
        for (;;)
            pause();
    }
    note(file, name, "", getpid());
    if (strcmp(mode, "write") == 0 && argc == 6)
        note(file, name, "!", print(atof(argv[4]), atof(argv[5])));
    for (;;)
        pause();
}
