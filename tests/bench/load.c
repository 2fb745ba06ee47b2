/*
 * load.c — sends requests to a memcached, and prints how many it answers per second.
 *
 *   load PORT SECONDS [QUESTIONS]    prints answers per second; each of 16 connections has
 * QUESTIONS requests in flight, at most and by default 16
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, UNDER_WAY_MAX = 16 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int reach(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((unsigned short)port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "load: port %d: %s\n", port, strerror(errno));
		exit(1);
	}
	return fd;
}

/* One request in four is a write, the others are reads; both acquire the locks of the cache. */
static void ask(int fd, unsigned turn, unsigned questions)
{
	char text[UNDER_WAY_MAX * 64];
	size_t n = 0;

	for (unsigned i = 0; i < questions; i++)
		n += (size_t)((turn + i) % 4
				      ? sprintf(text + n, "get key%u\r\n", (turn * 7 + i) % 1000)
				      : sprintf(text + n, "set key%u 0 0 8\r\n12345678\r\n",
						(turn * 11 + i) % 1000));
	if (write(fd, text, n) != (ssize_t)n)
		exit(1);
}

/* An answer ends with END or STORED. */
static unsigned answers(const char *text, ssize_t n, char *last)
{
	unsigned found = 0;

	for (ssize_t i = 0; i < n; i++) {
		memmove(last, last + 1, 3);
		last[3] = text[i];
		found += memcmp(last, "END\r", 4) == 0 || memcmp(last, "RED\r", 4) == 0;
	}
	return found;
}

int main(int argc, char **argv)
{
	struct pollfd at[CONNECTIONS];
	unsigned left[CONNECTIONS], turn = 0;
	char last[CONNECTIONS][4] = {{0}}, text[65536];
	int questions = argc > 3 ? atoi(argv[3]) : UNDER_WAY_MAX;
	unsigned long all = 0;

	if (argc < 3 || questions < 1 || questions > UNDER_WAY_MAX) {
		fprintf(stderr, "usage: load PORT SECONDS [QUESTIONS, at most %d]\n",
			UNDER_WAY_MAX);
		return 2;
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		at[i] = (struct pollfd){reach(atoi(argv[1])), POLLIN, 0};
		left[i] = (unsigned)questions;
		ask(at[i].fd, turn++, left[i]);
	}
	double start = now(), end = start + atof(argv[2]);
	while (now() < end && poll(at, CONNECTIONS, 1000) > 0)
		for (int i = 0; i < CONNECTIONS; i++) {
			ssize_t got = at[i].revents ? read(at[i].fd, text, sizeof(text)) : 0;
			if (got < 0 || (at[i].revents && !got))
				return 1;
			unsigned found = answers(text, got, last[i]);
			all += found;
			left[i] -= found < left[i] ? found : left[i];
			if (!left[i]) {
				left[i] = (unsigned)questions;
				ask(at[i].fd, turn++, left[i]);
			}
		}
	printf("%.0f\n", (double)all / (now() - start));
	return 0;
}
