/*
 * A thread polls an eventfd that the other one writes.
 * CANNOT: it is written after the locks are released.
 * NEAR CAN: the eventfd begins with 1.
 */
#include "scene.h"
#include <poll.h>
#include <sys/eventfd.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static int fd;

static void first(void)
{
	ms(2);
	a_b();
	if (eventfd_write(fd, 1))
		abort();
}

static void second(void)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	eventfd_t value;

	if (poll(&p, 1, -1) != 1 || eventfd_read(fd, &value))
		abort();
#ifdef NEAR
	ms(6);
#endif
	b_a();
}

int main(void)
{
#ifdef NEAR
	fd = eventfd(1, EFD_CLOEXEC);
#else
	fd = eventfd(0, EFD_CLOEXEC);
#endif
	side_by_side(first, second);
}
