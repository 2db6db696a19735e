#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "CProcess.h"

int mcp_alarm_open(void)
{
    int alarm = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return alarm >= 0 ? alarm : -errno;
}

int mcp_alarm_set(int alarm, int64_t nanoseconds)
{
    struct itimerspec time = {0};
    if (nanoseconds >= 0) {
        /* All zeros would disarm it. */
        if (nanoseconds == 0)
            nanoseconds = 1;
        time.it_value.tv_sec = nanoseconds / 1000000000;
        time.it_value.tv_nsec = nanoseconds % 1000000000;
    }
    return timerfd_settime(alarm, 0, &time, NULL) == 0 ? 0 : errno;
}

/* Waits for a time that never comes, on a clock that says so when it was set. */
static int arm_clock_watch(int watch)
{
    struct itimerspec never = {.it_value = {.tv_sec = INT64_MAX / 1000000000 - 1}};
    /* What was set since the last look is told by ECANCELED; the timer is armed all the same. */
    if (timerfd_settime(watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0)
        return 0;
    return errno == ECANCELED ? 0 : errno;
}

int mcp_clock_watch_open(void)
{
    int watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch < 0)
        return -errno;
    int error = arm_clock_watch(watch);
    if (error == 0)
        return watch;
    close(watch);
    return -error;
}

int mcp_timer_read(int timer)
{
    uint64_t count;
    if (read(timer, &count, sizeof count) == (ssize_t)sizeof count)
        return 1;
    if (errno != ECANCELED)
        return 0;
    arm_clock_watch(timer);
    return 1;
}

int mcp_name_watch_open(const char *directory)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0)
        return -errno;
    uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ONLYDIR;
    if (inotify_add_watch(watch, directory, mask) >= 0)
        return watch;
    int error = errno;
    close(watch);
    return -error;
}

int mcp_name_watch_read(int watch, const char *name)
{
    _Alignas(struct inotify_event) char events[sizeof(struct inotify_event) + NAME_MAX + 1];
    int found = 0;
    ssize_t size;
    while ((size = read(watch, events, sizeof events)) > 0) {
        for (char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            /* Where some were lost, it may have been among them. */
            if (event->mask & IN_Q_OVERFLOW)
                found = 1;
            if (event->len > 0 && strcmp(event->name, name) == 0)
                found = 1;
            at += sizeof *event + event->len;
        }
    }
    return found;
}
