/* A receive with a time limit, from a silent peer: the address is reported, and the call gets no EINTR.
 * REPORTS: in recvfrom \(TCP to 127\.0\.0\.1:[0-9]+\) while it held 'accounts' \[blocking-call\]
 * REPORTS: hear */
#include "long.h"
#include <arpa/inet.h>
#include <sys/socket.h>

static int ear;

NOINLINE static void hear(void)
{
	char c;
	if (recv(ear, &c, 1, 0) != 1)
		exit(3);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	hear();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(at);
	struct timeval limit = {1000, 0};
	int door = socket(AF_INET, SOCK_STREAM, 0), mouth;
	ear = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(door, (struct sockaddr *)&at, n) || listen(door, 1) ||
	    getsockname(door, (struct sockaddr *)&at, &n) || connect(ear, (struct sockaddr *)&at, n) ||
	    setsockopt(ear, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return 1;
	mouth = accept(door, NULL, NULL);
	pthread_t a = in_thread(holder);
	until_go();
	if (send(mouth, "x", 1, 0) != 1)
		return 1;
	pthread_join(a, NULL);
}
