/*
 * annotations — the annotations of locks are there, and nothing by which a program would believe
 * that a sanitizer or Valgrind runs. They keep errno, do not read the address, and are no
 * cancellation points. What another object defines is still called, as often as before; a program's
 * own function is never replaced.
 * PLUGIN: -fvisibility=default
 * FLAGS: -rdynamic @SO
 */
#include "observe.h"

#define WEAK __attribute__((weak))
void AnnotateRWLockAcquired(const char *file, int line, const volatile void *o, long writes) WEAK;
void AnnotateRWLockReleased(const char *file, int line, const volatile void *o, long writes) WEAK;
void AnnotateRWLockDestroy(const char *file, int line, const volatile void *o) WEAK;

#ifdef PLUGIN
int acquired_calls;
void AnnotateRWLockAcquired(const char *file, int line, const volatile void *o, long writes)
{
	acquired_calls += line == 7 && *file == 'f' && o && writes == 2;
	errno = EDOM;
}
#else

void __tsan_mutex_pre_lock(void *o, unsigned flags) WEAK;
void __tsan_mutex_post_lock(void *o, unsigned flags, int levels) WEAK;
int __tsan_mutex_pre_unlock(void *o, unsigned flags) WEAK;
void __tsan_mutex_post_unlock(void *o, unsigned flags) WEAK;
void __tsan_mutex_destroy(void *o, unsigned flags) WEAK;
void __itt_sync_create(void *o, const char *type, const char *name, int attribute) WEAK;
void __itt_sync_prepare(void *o) WEAK;
void __itt_sync_acquired(void *o) WEAK;
void __itt_sync_releasing(void *o) WEAK;
void __itt_api_init(void *global, int groups) WEAK;

/* what programs test to learn whether a tool runs */
void __tsan_init(void) WEAK;
void __tsan_acquire(void *o) WEAK;
void __tsan_release(void *o) WEAK;
void __asan_init(void) WEAK;
int RunningOnValgrind(void) WEAK;
void AnnotateHappensBefore(const char *file, int line, const volatile void *o) WEAK;
void AnnotateBenignRaceSized(const char *file, int line, const volatile void *o, long n,
			     const char *why) WEAK;
int __itt_init_ittlib(const char *name, int groups) WEAK;

extern int acquired_calls;
static int released_calls;

void AnnotateRWLockReleased(const char *file UNUSED, int line UNUSED, const volatile void *o UNUSED,
			    long writes UNUSED)
{
	released_calls++;
}

#define CALL(fn, ...)                                                                              \
	do {                                                                                       \
		errno = ERANGE;                                                                    \
		if (fn)                                                                            \
			fn(__VA_ARGS__);                                                           \
		if (errno != ERANGE)                                                               \
			say(#fn " changes errno to %d\n", errno);                                  \
	} while (0)

static void tell(void *o)
{
	CALL(__tsan_mutex_pre_lock, o, 0);
	CALL(__tsan_mutex_post_lock, o, 0, 0);
	CALL(__tsan_mutex_pre_unlock, o, 0);
	CALL(__tsan_mutex_post_unlock, o, 0);
	CALL(__tsan_mutex_destroy, o, 0);
	CALL(AnnotateRWLockDestroy, "f", 7, o);
	CALL(__itt_sync_create, o, "type", "name", 0);
	CALL(__itt_sync_prepare, o);
	CALL(__itt_sync_acquired, o);
	CALL(__itt_sync_releasing, o);
	CALL(__itt_api_init, o, 0);
}

static int here;

static void *cancelled(void *unused)
{
	pthread_cancel(pthread_self());
	for (int i = 0; i < 100; i++) {
		tell(&here);
		tell((void *)(uintptr_t)(4096 + 64 * i));
	}
	say("no cancellation point\n");
	pthread_testcancel();
	return unused;
}

int main(void)
{
	pthread_t t;
	void *result;

	observe("start");
	say("tools: %d\n",
	    (__tsan_init || __tsan_acquire || __tsan_release || __asan_init || RunningOnValgrind ||
	     AnnotateHappensBefore || AnnotateBenignRaceSized || __itt_init_ittlib));
	tell(NULL);
	tell((void *)1);
	tell((void *)-1l);
	tell(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	pthread_create(&t, NULL, cancelled, NULL);
	pthread_join(t, &result);
	say("cancelled: %d\n", result == PTHREAD_CANCELED);
	errno = 0;
	for (int i = 0; i < 1000; i++) {
		AnnotateRWLockAcquired("f", 7, &here, 2);
		AnnotateRWLockReleased("f", 7, &here, 2);
	}
	say("the library heard %d, the program %d, errno %d\n", acquired_calls, released_calls,
	    errno);
	observe("end");
	return 0;
}
#endif
