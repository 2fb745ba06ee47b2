/*
 * altstack.c — locks on stacks that are not the thread's: a signal stack of the smallest size,
 * makecontext coroutines that move between threads, and a stack that overflowed.
 * BARE: dies
 */
#include "observe.h"
#include <ucontext.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;
static ucontext_t here, there;

static void handler(int sig)
{
	int rc = pthread_mutex_lock(&n) + pthread_mutex_lock(&m);
	rc += pthread_mutex_unlock(&m) + pthread_mutex_unlock(&n);
	if (sig == SIGSEGV) {
		char text[] = "overflowed, locks 0\n";
		text[18] += (char)rc;
		write(1, text, 20);
		signal(SIGSEGV, SIG_DFL);
	}
}

static void coroutine(void)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&m);
		pthread_mutex_lock(&n);
		pthread_mutex_unlock(&n);
		pthread_mutex_unlock(&m);
		swapcontext(&there, &here);
	}
}

static void *resumes(void *arg)
{
	for (int i = 0; i < 10; i++)
		swapcontext(&here, &there);
	return arg;
}

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int overflow(int depth)
{
	volatile char pad[4096];
	pad[0] = (char)depth;
	return overflow(depth + 1) + pad[0];
}

int main(void)
{
	observe("start");
	long size = sysconf(_SC_MINSIGSTKSZ) + 4096;
	stack_t alt = {.ss_sp = malloc((size_t)size), .ss_size = (size_t)size};
	sigaltstack(&alt, NULL);
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < 1000; i++)
		raise(SIGUSR1);
	getcontext(&there);
	there.uc_stack.ss_size = 65536;
	there.uc_stack.ss_sp =
		mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	there.uc_link = &here;
	makecontext(&there, coroutine, 0);
	for (int i = 0; i < 5; i++) {
		resumes(NULL);
		in_thread(resumes, NULL);
	}
	observe("end");
	return overflow(0);
}
