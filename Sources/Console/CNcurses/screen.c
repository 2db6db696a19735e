#define _GNU_SOURCE
#include "CNcurses.h"
#include "state.h"

#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static SCREEN *screen;

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    // 0: not there; -1: no such capability.
    return text == (const char *)-1 ? NULL : text;
}

/// Terminals that mark pasted text, where their description does not say so.
static bool marks_pastes(void)
{
    const char *kind = getenv("TERM");
    if (kind == NULL)
        return false;
    const char *kinds[] = {"xterm", "tmux", "rxvt", "foot", "alacritty", "kitty", "vte", "konsole"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(kind, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

static void enter(void)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    if (mct_has_mouse)
        mousemask(mct_mouse_events(), NULL);
    if (mct_paste_begin != NULL)
        mct_put(mct_paste_begin, strlen(mct_paste_begin));
}

bool mct_start(bool mouse)
{
    setlocale(LC_ALL, "");
    use_extended_names(TRUE);
    int error = 0;
    // newterm ends the process for some kinds of terminals, so that the kind is looked up first.
    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return false;
    if (capability("cup") == NULL || capability("clear") == NULL)
        return false;
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL)
        return false;
    set_escdelay(50);
    mct_paste_begin = capability("BE");
    mct_paste_end = capability("BD");
    if ((mct_paste_begin == NULL || mct_paste_end == NULL) && marks_pastes()) {
        mct_paste_begin = "\033[?2004h";
        mct_paste_end = "\033[?2004l";
    }
    mct_has_mouse = mouse;
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    // A log that runs is scrolled by the terminal, in few bytes.
    idlok(stdscr, TRUE);
    enter();
    return true;
}

void mct_pause(void)
{
    // Without a second screen there is nothing to come back to; a clean one is better than half of ours.
    if (capability("rmcup") == NULL) {
        erase();
        refresh();
    }
    if (mct_paste_end != NULL)
        mct_put(mct_paste_end, strlen(mct_paste_end));
    if (mct_has_mouse)
        mousemask(0, NULL);
    endwin();
}

void mct_resume(void)
{
    reset_prog_mode();
    enter();
    clearok(stdscr, TRUE);
}

void mct_resize(int height, int width)
{
    resizeterm(height, width);
    clearok(stdscr, TRUE);
}

bool mct_put(const char *bytes, size_t count)
{
    while (count > 0) {
        struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
        if (poll(&room, 1, 1000) != 1 || room.revents != POLLOUT)
            return false;
        ssize_t written = write(STDOUT_FILENO, bytes, count > 1024 ? 1024 : count);
        if (written <= 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

bool mct_is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

bool mct_is_shown(unsigned int scalar) { return iswprint((wint_t)scalar) && wcwidth((wchar_t)scalar) > 0; }

int mct_key(unsigned int *code)
{
    wint_t value = 0;
    int kind = get_wch(&value);
    *code = (unsigned int)value;
    return kind == ERR ? 0 : kind == KEY_CODE_YES ? 2 : 1;
}
