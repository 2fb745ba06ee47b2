/*
 * handlers.c — the calls that install signal handlers keep their effects: results, errno, the old
 * handler, also in place, also from a handler; and the handlers run.
 * STEERED: yes
 */
#include "observe.h"
#include <signal.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
sighandler_t bsd_signal(int n, sighandler_t handler);

static volatile int runs;

static void on_signal(int n)
{
	runs += n == SIGUSR1;
}

static void on_signal_installs(int n)
{
	runs += 10;
	signal(n, on_signal);
}

static const char *name_of(sighandler_t h)
{
	return h == SIG_DFL              ? "default"
	       : h == SIG_IGN            ? "ignore"
	       : h == SIG_ERR            ? "error"
	       : h == SIG_HOLD           ? "hold"
	       : h == on_signal          ? "on_signal"
	       : h == on_signal_installs ? "on_signal_installs"
					 : "another";
}

#define TRY(fn, n, handler)                                                                        \
	do {                                                                                       \
		errno = 0;                                                                         \
		sighandler_t old = fn(n, handler);                                                 \
		say(#fn " %d: %s, errno %d\n", n, name_of(old), errno);                            \
		if (old != SIG_ERR && (handler) != SIG_DFL)                                        \
			raise(n);                                                                  \
		say("  runs %d\n", runs);                                                          \
	} while (0)
#define TRY_ALL(fn)                                                                                \
	TRY(fn, SIGUSR1, on_signal);                                                               \
	TRY(fn, SIGUSR1, SIG_IGN);                                                                 \
	TRY(fn, SIGUSR1, on_signal_installs);                                                      \
	TRY(fn, SIGUSR1, SIG_DFL);                                                                 \
	TRY(fn, SIGKILL, on_signal);                                                               \
	TRY(fn, 0, on_signal);                                                                     \
	TRY(fn, 1000, SIG_IGN)

int main(void)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, old, *same = &a;
	const struct sigaction *nowhere = (const struct sigaction *)16;

	observe("start");
	TRY_ALL(signal);
	TRY_ALL(ssignal);
	TRY_ALL(bsd_signal);
	TRY_ALL(sysv_signal);
	TRY_ALL(__sysv_signal);
	TRY_ALL(sigset);
	say("sigaction %d, %s\n", sigaction(SIGUSR1, &a, &old), name_of(old.sa_handler));
	raise(SIGUSR1);
	say("asks %d, %s, runs %d\n", sigaction(SIGUSR1, NULL, &old), name_of(old.sa_handler),
	    runs);
	say("sigaction %d\n", sigaction(SIGUSR1, &a, NULL));
	say("in place %d", sigaction(SIGUSR1, &a, same));
	say(", %s, %x\n", name_of(a.sa_handler), a.sa_flags & SA_RESETHAND);
	raise(SIGUSR1);
	say("runs %d\n", runs);
	for (int i = 0; i < 4; i++) {
		static const int bad[] = {0, -1, 65, 1000};
		int rc = sigaction(bad[i], nowhere, NULL);
		say("bad %d: %d, errno %d\n", bad[i], rc, errno);
	}
	say("kill %d, errno %d\n", sigaction(SIGKILL, &a, NULL), errno);
	observe("end");
	return 0;
}
