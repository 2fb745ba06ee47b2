/*
 * stopped.c — stops one thread of a program at arbitrary moments, also inside the library, and
 * checks whether the other threads continue: stopped ROUNDS PROG ARGS…  The program shares a page
 * with us, with one counter for each thread; the page's descriptor number is in STOPPED_FD.
 */
#include "../faithful/observe.h"
#include <sys/ptrace.h>

enum { COUNTERS = 4 };
static volatile unsigned long *counters;
static volatile int *tids;

static long progress(int but)
{
	long sum = 0;
	for (int i = 0; i < COUNTERS; i++)
		if (i != but)
			sum += (long)counters[i];
	return sum;
}

/* Milliseconds until the other threads have made `n` more steps, at most three seconds. */
static long others_go_on(int but, long n)
{
	struct timespec from = now_mono();
	long start = progress(but);
	while (progress(but) < start + n && since_ms(from) < 3000)
		usleep(100);
	return since_ms(from);
}

static bool all_run(void)
{
	for (int i = 0; i < COUNTERS; i++)
		if (!tids[i])
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 125;
	int fd = memfd_create("counters", 0), rounds = atoi(argv[1]);
	ftruncate(fd, 4096);
	char text[16];
	snprintf(text, sizeof(text), "%d", fd);
	setenv("STOPPED_FD", text, 1);
	counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tids = (volatile int *)(counters + 16);
	pid_t pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	for (int i = 0; !all_run() && i < 5000; i++)
		usleep(1000);
	long worst = 0;
	for (int i = 0; i < rounds && worst < 2000; i++) {
		int which = i % COUNTERS, status;
		if (ptrace(PTRACE_SEIZE, tids[which], 0, 0) ||
		    ptrace(PTRACE_INTERRUPT, tids[which], 0, 0))
			return say("cannot stop a thread: %s\n", strerror(errno)),
			       kill(pid, SIGKILL), 77;
		waitpid(tids[which], &status, __WALL);
		long ms = others_go_on(which, 300);
		worst = ms > worst ? ms : worst;
		ptrace(PTRACE_DETACH, tids[which], 0, 0);
		usleep((useconds_t)(i * 37 % 1000));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	say("%s (worst %ld ms)\n", worst < 2000 ? "the others went on" : "the others waited",
	    worst);
	return worst < 2000 ? 0 : 1;
}
