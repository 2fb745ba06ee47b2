/* Every family of calls that wait, each under its own lock: the report names the call and what it waits for.
 * REPORTS: in clock_nanosleep \(16 min 40 s\) while it held 'l_sleep' \[blocking-call\]
 * REPORTS: in clock_nanosleep \(16 min [0-9]+ s more\) while it held 'l_until'
 * REPORTS: in p?select6? \(a pipe\) while it held 'l_select'
 * REPORTS: in write \(a pipe\) while it held 'l_write'
 * REPORTS: in sendto \(a local socket.*\) while it held 'l_send'
 * REPORTS: in recvmsg \(UDP at 127\.0\.0\.1:[0-9]+\) while it held 'l_receive'
 * REPORTS: in connect \(TCP to 127\.0\.0\.1:[0-9]+\) while it held 'l_connect'
 * REPORTS: in accept \(TCP at 127\.0\.0\.1:[0-9]+\) while it held 'l_accept'
 * REPORTS: in read \(/dev/pts/[0-9]+\) while it held 'l_terminal'
 * REPORTS: in openat \(fifo\) while it held 'l_open'
 * REPORTS: in fcntl \(a lock on .*locked\) while it held 'l_record'
 * REPORTS: in pause while it held 'l_pause'
 * REPORTS: in rt_sigtimedwait while it held 'l_signal'
 * REPORTS: in msgrcv while it held 'l_message'
 * NOT: T1 blocked */
#include "long.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Turns a returned error number into -1 and errno. */
static int failed(int error)
{
	errno = error;
	return error ? -1 : 0;
}

static void check(int good)
{
	if (!good)
		exit(3);
}

/* Each call ends by EINTR: a signal wakes the thread when all calls have been reported. */
#define BLOCKED(name, call)                                                                        \
	static pthread_mutex_t l_##name = PTHREAD_MUTEX_INITIALIZER;                               \
	static void *run_##name(void *none)                                                        \
	{                                                                                          \
		pthread_mutex_lock(&l_##name);                                                     \
		while (!go)                                                                        \
			check((call) < 0 && (errno == EINTR || go));                               \
		pthread_mutex_unlock(&l_##name);                                                   \
		return none;                                                                       \
	}

static int silent[2], full[2], mute[2], datagrams, listener, crowded, terminal, locked, queue;
static struct sockaddr_in crowded_at;
static fd_set readers;
static struct timespec long_time = {1000, 0}, point_in_time;
static struct msghdr message;
static struct flock record = {.l_type = F_WRLCK};
static char byte[4096];
struct {
	long type;
	char text[8];
} mail;

BLOCKED(sleep, nanosleep(&long_time, NULL))
BLOCKED(until, failed(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &point_in_time, NULL)))
BLOCKED(select, select(silent[0] + 1, &readers, NULL, NULL, NULL))
BLOCKED(write, write(full[1], byte, sizeof(byte)))
BLOCKED(send, send(mute[1], byte, sizeof(byte), 0))
BLOCKED(receive, recvmsg(datagrams, &message, 0))
BLOCKED(accept, accept(listener, NULL, NULL))
BLOCKED(terminal, read(terminal, byte, 1))
BLOCKED(open, open("fifo", O_RDONLY))
BLOCKED(record, fcntl(locked, F_SETLKW, &record))
BLOCKED(pause, pause())
BLOCKED(message, msgrcv(queue, &mail, sizeof(mail.text), 0, 0))

static pthread_mutex_t l_connect = PTHREAD_MUTEX_INITIALIZER, l_signal = PTHREAD_MUTEX_INITIALIZER;

/* Only one call: an interrupted connect continues by itself, and a second one would fail. */
static void *run_connect(void *none)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	pthread_mutex_lock(&l_connect);
	check(connect(s, (struct sockaddr *)&crowded_at, sizeof(crowded_at)) < 0 && errno == EINTR);
	pthread_mutex_unlock(&l_connect);
	return none;
}

static void *run_signal(void *none)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_mutex_lock(&l_signal);
	while (!go)
		sigwaitinfo(&set, NULL);
	pthread_mutex_unlock(&l_signal);
	return none;
}

static int on_loopback(int type, struct sockaddr_in *at)
{
	socklen_t n = sizeof(*at);
	int s = socket(AF_INET, type, 0);
	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	check(s >= 0 && !bind(s, (struct sockaddr *)at, n) && !getsockname(s, (void *)at, &n));
	return s;
}

static void fill(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, byte, sizeof(byte)) > 0)
		;
	check(errno == EAGAIN);
	fcntl(fd, F_SETFL, flags);
}

/* A listener whose queue is full: a further connect gets no answer. */
static void crowd(void)
{
	crowded = on_loopback(SOCK_STREAM, &crowded_at);
	check(!listen(crowded, 0));
	for (int i = 0; i < 4; i++) {
		int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(s, (struct sockaddr *)&crowded_at, sizeof(crowded_at));
	}
}

/* A process owns a record lock: a child holds it until this process has ended. */
static void lock_elsewhere(void)
{
	int said[2];
	locked = open("locked", O_CREAT | O_RDWR, 0600);
	check(locked >= 0 && !pipe(said));
	pid_t parent = getpid();
	if (!fork()) {
		check(!prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent);
		check(!fcntl(locked, F_SETLKW, &record) && write(said[1], "", 1) == 1);
		for (;;)
			pause();
	}
	check(read(said[0], byte, 1) == 1);
}

int main(void)
{
	void *(*const run[])(void *) = {run_sleep, run_until, run_select, run_write,	run_send, run_receive,
					run_connect, run_accept, run_terminal, run_open, run_record,
					run_pause,   run_signal, run_message};
	enum { RUNS = sizeof(run) / sizeof(*run) };
	pthread_t t[RUNS];
	struct sockaddr_in any;
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	let_wake();
	check(!pipe(silent) && !pipe(full) && !socketpair(AF_UNIX, SOCK_STREAM, 0, mute));
	check(master >= 0 && !grantpt(master) && !unlockpt(master) && !mkfifo("fifo", 0600));
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	queue = msgget(IPC_PRIVATE, 0600);
	check(terminal >= 0 && queue >= 0);
	lock_elsewhere();
	clock_gettime(CLOCK_MONOTONIC, &point_in_time);
	point_in_time.tv_sec += 1000;
	FD_SET(silent[0], &readers);
	fill(full[1]);
	fill(mute[1]);
	datagrams = on_loopback(SOCK_DGRAM, &any);
	listener = on_loopback(SOCK_STREAM, &any);
	check(!listen(listener, 1));
	crowd();
	for (int i = 0; i < RUNS; i++)
		t[i] = in_thread(run[i]);
	until_go();
	for (int i = 0; i < RUNS; i++)
		wake_and_join(t[i]);
	msgctl(queue, IPC_RMID, NULL);
}
