/*
 * A handler on an alternate stack is not recognized as a handler. Its acquisitions count neither in
 * a handler nor outside of one.
 * EXPECT: nothing
 */
#include "case.h"
#include <signal.h>

MUTEX(m);
MUTEX(n);

static void on_own_stack(int s UNUSED)
{
	lock(&m), unlock(&m);
	lock(&n), unlock(&n);
}

static void on_this_stack(int s UNUSED)
{
	lock(&n), unlock(&n);
}

int main(void)
{
	stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
	struct sigaction a = {.sa_handler = on_own_stack, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &a, NULL);
	signal(SIGUSR2, on_this_stack);
	raise(SIGUSR1);
	raise(SIGUSR2);
	lock(&m), unlock(&m);
	return 0;
}
