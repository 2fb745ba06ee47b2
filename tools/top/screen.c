/* screen.c — sets up, draws on and restores the terminal; reads keys and signals. */
#include "tools/top/screen.h"
#include "tools/util/output_file.h"
#include "tools/util/time.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen and hidden cursor; and back. */
static const char enter[] = "\x1b[?1049h\x1b[?25l\x1b[2J";
static const char leave[] = "\x1b[m\x1b[?25h\x1b[?1049l";

static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

static struct termios before;
static volatile sig_atomic_t drawn; /* the terminal is set up for us now */
static sigset_t mask_before;
static int signals = -1, end_by;
static bool registered;

bool lh_screen_show(const char *text, size_t n)
{
	return lh_write_all(STDOUT_FILENO, text, n) == 0;
}

/* Only async-signal-safe calls: a signal handler calls this. */
static void restore(void)
{
	ssize_t ignored;

	if (!drawn)
		return;
	drawn = 0;
	ignored = write(STDOUT_FILENO, leave, sizeof(leave) - 1);
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/*
 * Uses the original settings in `before`, also after SIGCONT: another program may have changed the
 * current ones.
 */
static bool draw_on(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return false;
	drawn = 1;
	return lh_screen_show(enter, sizeof(enter) - 1);
}

static bool set_up_terminal(void)
{
	return tcgetattr(STDIN_FILENO, &before) == 0 && draw_on();
}

static void on_crash(int signal)
{
	restore();
	raise(signal); /* now the default action: SA_RESETHAND */
}

static void watch_crashes(void)
{
	struct sigaction a = {.sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER};

	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		sigaction(fatal[i], &a, NULL);
}

static bool can_be_drawn_on(char *error, size_t capacity)
{
	const char *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		snprintf(error, capacity, "standard %s is not a terminal: -b writes plain text",
			 isatty(STDOUT_FILENO) ? "input" : "output");
	else if (!term || !*term || !strcmp(term, "dumb") || !strcmp(term, "unknown"))
		snprintf(error, capacity,
			 "this terminal is not supported (TERM is %s): -b writes plain text",
			 term && *term ? term : "not set");
	else
		return true;
	return false;
}

bool lh_screen_open(char *error, size_t capacity)
{
	sigset_t mask;

	if (!can_be_drawn_on(error, capacity))
		return false;
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		sigaddset(&mask, wanted[i]);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || sigprocmask(SIG_BLOCK, &mask, &mask_before)) {
		snprintf(error, capacity, "cannot wait for signals: %s", strerror(errno));
		return false;
	}
	if (!registered && atexit(restore) == 0)
		registered = true;
	watch_crashes();
	if (set_up_terminal())
		return true;
	snprintf(error, capacity, "cannot set up the terminal: %s", strerror(errno));
	lh_screen_close();
	return false;
}

void lh_screen_close(void)
{
	restore();
	if (signals < 0)
		return;
	close(signals);
	signals = -1;
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void lh_screen_size(uint32_t *width, uint32_t *height)
{
	struct winsize size = {0};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*width = size.ws_col ? size.ws_col : 80;
	*height = size.ws_row ? size.ws_row : 24;
}

int lh_screen_signal(void)
{
	return end_by;
}

/*
 * Ctrl-Z: restores the terminal for the shell, until SIGCONT. In an orphaned process group no one
 * could send SIGCONT; the kernel then does not stop us, and we continue.
 */
static bool stop(void)
{
	sigset_t one;

	restore();
	sigemptyset(&one);
	sigaddset(&one, SIGTSTP);
	raise(SIGTSTP); /* pending until it is unblocked */
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
	return set_up_terminal();
}

static enum lh_screen_event end_with(int signal)
{
	end_by = signal;
	return LH_SCREEN_END;
}

/* Returns LH_SCREEN_TIME if no signal needs an action. */
static enum lh_screen_event read_signal(void)
{
	struct signalfd_siginfo s;
	enum lh_screen_event event = LH_SCREEN_TIME;

	while (read(signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		switch (s.ssi_signo) {
		case SIGTSTP:
			if (!stop())
				return end_with(SIGHUP);
			event = LH_SCREEN_SIZE;
			break;
		case SIGCONT: /* after a stop without SIGTSTP, such as SIGSTOP */
			if (!draw_on())
				return end_with(SIGHUP);
			event = LH_SCREEN_SIZE;
			break;
		case SIGWINCH:
			event = LH_SCREEN_SIZE;
			break;
		default:
			return end_with(s.ssi_signo == SIGINT ? 0 : (int)s.ssi_signo);
		}
	}
	return event;
}

/* Keys that arrived together are returned one by one. */
static struct {
	char text[64];
	ssize_t n, at;
} keys;

/*
 * Skips arrow keys and similar sequences, ESC [ ... letter or ESC O letter: they arrive at once and
 * have no meaning here.
 */
static void skip_sequence(void)
{
	if (++keys.at >= keys.n || (keys.text[keys.at] != '[' && keys.text[keys.at] != 'O'))
		return;
	while (++keys.at < keys.n)
		if (keys.text[keys.at] >= '@' && keys.text[keys.at] <= '~') {
			keys.at++;
			return;
		}
}

static bool next_key(char *key)
{
	while (keys.at < keys.n && keys.text[keys.at] == 27)
		skip_sequence();
	if (keys.at >= keys.n)
		return false;
	*key = keys.text[keys.at++];
	return true;
}

static bool read_key(char *key)
{
	keys.at = 0;
	keys.n = read(STDIN_FILENO, keys.text, sizeof(keys.text));
	return next_key(key);
}

static int64_t now_ms(void)
{
	return (int64_t)(lh_time_now() / LH_MS);
}

enum lh_screen_event lh_screen_wait(int64_t ms, int fd, char *key)
{
	int64_t end = now_ms() + ms, left;
	struct pollfd list[] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}, {fd, POLLIN, 0}};
	enum lh_screen_event event;

	if (next_key(key))
		return LH_SCREEN_KEY;
	while ((left = end - now_ms()) > 0) {
		if (poll(list, 3, left > 60000 ? 60000 : (int)left) <= 0)
			continue;
		if (list[1].revents && (event = read_signal()) != LH_SCREEN_TIME)
			return event;
		if (list[2].revents)
			return LH_SCREEN_TIME;
		if (list[0].revents & POLLIN && read_key(key))
			return LH_SCREEN_KEY;
		if (list[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return end_with(SIGHUP);
	}
	return LH_SCREEN_TIME;
}
