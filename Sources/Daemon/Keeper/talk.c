/* The daemon's side of the line, which may come and go. */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void mck_drop_control(struct mck_run *k)
{
    if (k->control >= 0)
        close(k->control);
    k->control = -1;
    k->command_size = 0;
}

void mck_introduce(struct mck_run *k)
{
    bool said = mck_tell(k->control, "keeper %d %d %s\n", MCK_PROTOCOL, (int)getpid(), k->spec.generation);
    /* Of one that has ended the end is all there is to say: nobody is to take it for one that runs. */
    if (said && k->phase == MCK_ENDED)
        said = mck_tell_troubles(k->control, true) && mck_tell_end(k->control, &k->outcome);
    else if (said)
        said = mck_tell(k->control, "started %d %llu %lld\n", (int)k->leader, (unsigned long long)k->start,
                   (long long)k->started_ms)
            && mck_tell_troubles(k->control, true);
    if (said && k->log.last_error != 0 && k->phase != MCK_ENDED)
        said = k->told_log_error = mck_tell(k->control, "log-error %d\n", k->log.last_error);
    if (said && k->told_stuck && k->phase == MCK_KILLING)
        said = mck_tell(k->control, "stuck %d\n", k->rounds.last.count);
    if (!said)
        mck_drop_control(k);
}

void mck_accept_daemon(struct mck_run *k)
{
    int fd = mck_accept(k->listener);
    if (fd < 0)
        return;
    mck_drop_control(k);
    k->control = fd;
    mck_introduce(k);
}

static bool obey_one(struct mck_run *k, const char *command)
{
    int signal, timeout_ms;
    if (sscanf(command, "stop %d %d", &signal, &timeout_ms) == 2)
        mck_begin_stop(k, signal, timeout_ms);
    else if (strcmp(command, "kill") == 0)
        mck_begin_killing(k);
    else if (strcmp(command, "bye") == 0 && k->phase == MCK_ENDED)
        return false;
    return true;
}

bool mck_obey(struct mck_run *k)
{
    ssize_t got = recv(k->control, k->command + k->command_size, sizeof k->command - k->command_size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0) {
        mck_drop_control(k);
        return true;
    }
    k->command_size += (size_t)got;
    char *newline;
    while ((newline = memchr(k->command, '\n', k->command_size)) != NULL) {
        *newline = '\0';
        bool stay = obey_one(k, k->command);
        size_t used = (size_t)(newline + 1 - k->command);
        memmove(k->command, k->command + used, k->command_size - used);
        k->command_size -= used;
        if (!stay)
            return false;
    }
    if (k->command_size == sizeof k->command)
        mck_drop_control(k); /* no command is that long */
    return true;
}
