/* getaddrinfo with a name server that does not answer: the call polls.
 * REPORTS: in poll \(UDP to 127\.0\.0\.1:[0-9]+\) while it held 'accounts' \[blocking-call\]
 * REPORTS: look_up */
#include "long.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

static struct sockaddr_in server_at = {.sin_family = AF_INET};

NOINLINE static void look_up(void)
{
	const struct addrinfo hints = {.ai_family = AF_INET};
	struct addrinfo *found;
	if (!getaddrinfo("bank.example.", "80", &hints, &found))
		exit(3);
}

static void *holder(void *none)
{
	res_init();
	_res.nscount = 1;
	_res.nsaddr_list[0] = server_at;
	_res.retrans = 60;
	_res.retry = 1;
	pthread_mutex_lock(&accounts);
	look_up();
	pthread_mutex_unlock(&accounts);
	is_ready();
	return none;
}

int main(void)
{
	int server = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t n = sizeof(server_at);
	char query[512];
	server_at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(server, (struct sockaddr *)&server_at, n) ||
	    getsockname(server, (struct sockaddr *)&server_at, &n))
		return 3;
	pthread_t t = in_thread(holder);
	struct sockaddr_in from;
	ssize_t got;
	while ((got = recvfrom(server, query, sizeof(query), MSG_DONTWAIT, (struct sockaddr *)&from,
			       &n)) < 0) {
		if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
			return 77; /* this machine uses no name servers */
		usleep(1000);
	}
	until_go();
	query[2] |= (char)0x80; /* makes an answer of it: no such name */
	query[3] = 3;
	sendto(server, query, (size_t)got, 0, (struct sockaddr *)&from, n);
	pthread_join(t, NULL);
}
