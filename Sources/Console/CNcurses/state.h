// What the two files of this module share.
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>

/// Whether the mouse is asked for.
extern bool mct_has_mouse;
/// What has the terminal mark pasted text; NULL where it cannot.
extern const char *mct_paste_begin, *mct_paste_end;

#endif
