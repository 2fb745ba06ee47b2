/*
 * A client sends a request and a server answers it; both use two locks, in two orders.
 * CANNOT: the server works between request and answer, the client before the request.
 * NEAR CAN: the client works between request and answer too.
 */
#include "scene.h"
#include <sys/socket.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static int ends[2];

static void pass(int fd, bool writes)
{
	char byte = 0;

	if ((writes ? send(fd, &byte, 1, 0) : recv(fd, &byte, 1, 0)) != 1)
		abort();
}

static void client(void)
{
	for (int i = 0; i < 5; i++) {
#ifndef NEAR
		a_b();
#endif
		pass(ends[0], true);
#ifdef NEAR
		a_b();
#endif
		pass(ends[0], false);
	}
}

static void server(void)
{
	for (int i = 0; i < 5; i++) {
		pass(ends[1], false);
		ms(1);
		b_a();
		pass(ends[1], true);
	}
}

int main(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return 1;
	side_by_side(client, server);
}
