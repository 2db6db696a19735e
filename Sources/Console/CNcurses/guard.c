#define _GNU_SOURCE
#include "CNcurses.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int terminal = -1;
static struct termios settings;
static char ending[256];
static size_t ending_length;
static int signal_pipe = -1;
bool mct_has_mouse;
const char *mct_paste_begin, *mct_paste_end;

static int keep(int character)
{
    if (ending_length < sizeof ending)
        ending[ending_length++] = (char)character;
    return character;
}

static void append(const char *name)
{
    const char *text = tigetstr(name);
    // 0: not there; -1: no such capability.
    if (text != NULL && text != (char *)-1)
        tputs(text, 1, keep);
}

static void append_text(const char *text)
{
    while (text != NULL && *text != 0)
        keep(*text++);
}

void mct_remember(int descriptor)
{
    if (tcgetattr(descriptor, &settings) == 0)
        terminal = descriptor;
}

void mct_restore(void)
{
    if (terminal < 0)
        return;
    int saved = errno;
    size_t written = 0;
    struct pollfd room = {.fd = terminal, .events = POLLOUT};
    // One that takes nothing, or is gone, is not waited for.
    if (poll(&room, 1, 0) != 1 || room.revents != POLLOUT)
        written = ending_length;
    while (written < ending_length) {
        ssize_t count = write(terminal, ending + written, ending_length - written);
        if (count <= 0)
            break;
        written += (size_t)count;
    }
    // Not TCSADRAIN: a terminal that is stuck must not hold up the end.
    tcsetattr(terminal, TCSANOW, &settings);
    errno = saved;
}

static void on_crash(int number)
{
    mct_restore();
    signal(number, SIG_DFL);
    raise(number);
}

void mct_guard(void)
{
    ending_length = 0;
    append_text(mct_paste_end);
    if (mct_has_mouse)
        append_text("\033[?1006l\033[?1000l");
    append("sgr0");
    append("rmkx");
    append("cnorm");
    const char *back = tigetstr("rmcup");
    append(back != NULL && back != (char *)-1 ? "rmcup" : "clear");
    // A stack of its own: what crashed may have been the stack.
    static char stack[64 * 1024];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER};
        sigaction(crashes[i], &action, NULL);
    }
}

bool mct_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0; }

static volatile sig_atomic_t asked_by;

static void on_late(int number)
{
    mct_restore();
    _exit(128 + (asked_by ? asked_by : number));
}

static void end_within(unsigned int seconds)
{
    struct sigaction action = {.sa_handler = on_late};
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
}

static void on_signal(int number)
{
    // The loop may be held up by a terminal that takes nothing; it has this long.
    if (number == SIGTERM || number == SIGHUP || number == SIGQUIT || number == SIGINT) {
        asked_by = number;
        end_within(3);
    }
    int saved = errno;
    char byte = (char)number;
    // A full pipe means that there is enough to wake up for.
    ssize_t ignored = write(signal_pipe, &byte, 1);
    (void)ignored;
    errno = saved;
}

void mct_signals_to(int descriptor)
{
    signal_pipe = descriptor;
    const int numbers[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGQUIT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

void mct_stop(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ours;
    sigaction(SIGTSTP, &usual, &ours);
    // The whole group, as the key would: a shell that waits for it sees that it has stopped.
    kill(0, SIGTSTP);
    // Another thread may be the one that takes it, a moment later; until then it must mean to stop.
    poll(NULL, 0, 100);
    sigaction(SIGTSTP, &ours, NULL);
}
