// ncurses with wide characters. What stands below are macros in C, which Swift does not see, and what has to be done
// in a signal handler, where Swift may not run.
#ifndef CNCURSES_H
#define CNCURSES_H

#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <stdbool.h>
#include <term.h>

/// Sets attributes and a colour pair, which may be above 255, for what is written next.
static inline void mct_set_style(WINDOW *window, attr_t attributes, int pair)
{
    wattr_set(window, attributes, (short)pair, &pair);
}

/// Writes UTF-8 or, in another locale, bytes of that; stops at the edge.
static inline int mct_write(WINDOW *window, int row, int column, const char *text, int bytes)
{
    return mvwaddnstr(window, row, column, text, bytes);
}

static inline WINDOW *mct_screen(void) { return stdscr; }
static inline int mct_rows(void) { return LINES; }
static inline int mct_columns(void) { return COLS; }
/// 0 without colours.
static inline int mct_colors(void) { return has_colors() ? COLORS : 0; }
static inline int mct_pairs(void) { return COLOR_PAIRS; }
static inline attr_t mct_bold(void) { return A_BOLD; }
static inline attr_t mct_dim(void) { return A_DIM; }
static inline attr_t mct_underline(void) { return A_UNDERLINE; }
static inline attr_t mct_reverse(void) { return A_REVERSE; }
static inline mmask_t mct_mouse_events(void)
{
    return BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED;
}
/// One key. Returns 0 where there is none, 1 for a character, 2 for one of curses' own keys.
int mct_key(unsigned int *code);
static inline bool mct_is_press(mmask_t state) { return state & (BUTTON1_PRESSED | BUTTON1_CLICKED); }
static inline bool mct_is_double(mmask_t state) { return state & BUTTON1_DOUBLE_CLICKED; }
static inline bool mct_is_wheel_up(mmask_t state) { return state & BUTTON4_PRESSED; }
static inline bool mct_is_wheel_down(mmask_t state) { return state & BUTTON5_PRESSED; }

/// Begins with the terminal of this process: keys as they come, no echo, no signals by keys.
/// Returns false where the kind of terminal is not known, or cannot be moved about in.
bool mct_start(bool mouse);
/// Gives the terminal back for a while, or for good.
void mct_pause(void);
/// Takes it again after `mct_pause`; everything has to be painted anew.
void mct_resume(void);
/// Follows the terminal to another size.
void mct_resize(int height, int width);
/// Writes bytes of our own, all of them or none where the terminal takes none within a second.
bool mct_put(const char *bytes, size_t count);
/// Whether the locale writes UTF-8.
bool mct_is_utf8(void);
/// Whether a character can be shown, by the C library.
bool mct_is_shown(unsigned int scalar);

/// Remembers how the terminal was and how to bring it back, and does so when this process crashes. Call it before the
/// screen is begun for the settings (`remember`), and after it for the sequences (`guard`).
void mct_remember(int descriptor);
void mct_guard(void);
/// Brings the terminal back by plain writes; for a crash, and for an end that has no time for more.
void mct_restore(void);

/// A pipe that never waits and that no child gets: its end to read, its end to write.
bool mct_pipe(int ends[2]);
/// SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP and SIGCONT are written to the descriptor, a byte each. Where
/// the process has not ended within three seconds of one that asks for it, because its terminal takes nothing, it ends.
void mct_signals_to(int descriptor);
/// Stops this process and its group as Ctrl-Z would; returns when it is continued.
void mct_stop(void);

#endif
