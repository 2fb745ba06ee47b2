/*
 * screen.h — the terminal as one page that is redrawn, and keys without Enter.
 *
 * Restores the terminal completely: the screen, the cursor and the line mode; also at Ctrl-C,
 * Ctrl-Z, SIGTERM, SIGHUP, exit() and a crash of our own, but not after SIGKILL. Does not know what
 * is drawn. There is one terminal, so there is one screen.
 */
#ifndef LH_TOP_SCREEN_H
#define LH_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_screen_event {
	LH_SCREEN_TIME, /* the time is over, or the descriptor is ready */
	LH_SCREEN_KEY,
	LH_SCREEN_SIZE, /* the size changed, or we were stopped: redraw */
	LH_SCREEN_END,  /* we should end; lh_screen_signal has the reason */
};

/* False: standard input or output is no terminal that can be drawn on; `error` has the reason. */
bool lh_screen_open(char *error, size_t capacity);
void lh_screen_close(void);

void lh_screen_size(uint32_t *width, uint32_t *height);
/* False: the terminal is gone. */
bool lh_screen_show(const char *text, size_t n);

/*
 * Waits `ms`, or until `fd` (-1: none) is ready. A key is one byte; escape sequences are skipped.
 */
enum lh_screen_event lh_screen_wait(int64_t ms, int fd, char *key);
/* The signal that should end us now; 0: none, or Ctrl-C. */
int lh_screen_signal(void);

#endif
