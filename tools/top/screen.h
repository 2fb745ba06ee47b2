/*
 * screen.h — the terminal as one page that is drawn anew, and keys without a line end.
 *
 * Leaves it exactly as it was: the page that was there, the cursor, how lines are read; also at
 * Ctrl-C, Ctrl-Z, SIGTERM, SIGHUP, exit() and a crash of our own. After SIGKILL nobody can.
 * Does not know what is drawn. There is one terminal, so there is one screen.
 */
#ifndef LH_TOP_SCREEN_H
#define LH_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_screen_event {
	LH_SCREEN_TIME, /* the time is over, or the descriptor is ready */
	LH_SCREEN_KEY,
	LH_SCREEN_SIZE, /* it has another size, or was away: draw it again */
	LH_SCREEN_END,  /* somebody wants us to end; lh_screen_signal says who */
};

/* False: standard input or output is no terminal that can be drawn on; `why` says so. */
bool lh_screen_open(char *why, size_t capacity);
void lh_screen_close(void);

void lh_screen_size(uint32_t *width, uint32_t *height);
/* False: the terminal is gone. */
bool lh_screen_show(const char *text, size_t n);

/* Waits so long, or until `fd` (-1 none) is ready. A key is one byte; sequences are left out. */
enum lh_screen_event lh_screen_wait(int64_t ms, int fd, char *key);
/* The signal by which we should end now; 0: by our own choice (Ctrl-C). */
int lh_screen_signal(void);

#endif
