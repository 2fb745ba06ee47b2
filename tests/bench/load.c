/*
 * load.c — asks a memcached for what it has, and says how many answers a second came.
 *
 *   load PORT SECONDS [CONNECTIONS]    "answers a second"; each connection has 16 questions under
 * way
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

enum { UNDER_WAY = 16, CONNECTIONS_MAX = 64 };

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

/* One in four is written, the others read: both take the locks of the cache. */
static void ask(int fd, unsigned turn)
{
	char text[UNDER_WAY * 64];
	size_t n = 0;

	for (unsigned i = 0; i < UNDER_WAY; i++)
		n += (size_t)(i % 4 ? sprintf(text + n, "get key%u\r\n", (turn * 7 + i) % 1000)
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
	struct pollfd at[CONNECTIONS_MAX];
	unsigned left[CONNECTIONS_MAX], turn = 0;
	char last[CONNECTIONS_MAX][4] = {{0}}, text[65536];
	int n = argc > 3 ? atoi(argv[3]) : 16;
	unsigned long all = 0;

	if (argc < 3 || n < 1 || n > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: load PORT SECONDS [CONNECTIONS, at most %d]\n",
			CONNECTIONS_MAX);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		at[i] = (struct pollfd){reach(atoi(argv[1])), POLLIN, 0};
		left[i] = UNDER_WAY;
		ask(at[i].fd, turn++);
	}
	double start = now(), end = start + atof(argv[2]);
	while (now() < end && poll(at, (nfds_t)n, 1000) > 0)
		for (int i = 0; i < n; i++) {
			ssize_t got = at[i].revents ? read(at[i].fd, text, sizeof(text)) : 0;
			if (got < 0 || (at[i].revents && !got))
				return 1;
			unsigned found = answers(text, got, last[i]);
			all += found;
			left[i] -= found < left[i] ? found : left[i];
			if (!left[i]) {
				left[i] = UNDER_WAY;
				ask(at[i].fd, turn++);
			}
		}
	printf("%.0f\n", (double)all / (now() - start));
	return 0;
}
