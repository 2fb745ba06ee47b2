/*
 * compare_walk.c — preloaded into a real program, walks the stack of each lock call with
 * both unwinders and counts how they agree. Built and run by tests/real/unwinders.
 *
 * The counts are shared with the program's children that did not exec, and are added as a
 * line to the file COMPARE_WALK at exit: program, events, identical, shorter,
 * diverging.
 * COMPARE_WALK_SHOW=1 also writes the first frames of what differs to stderr.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <errno.h>

#include "tests/unit/libcheck/stack/compare_unwinders.h"
#include "libcheck/stack/walk.h"

enum { ROOM = 300, EVENTS_MAX = 200000, SHOWN_MAX = 20 };

struct counts {
	atomic_long events, identical, shorter, diverging;
	pid_t pid; /* the process that adds the line: not its forked children */
};

static struct counts *counts;
static __thread bool inside;
static __thread uintptr_t high;
static int (*real_lock)(pthread_mutex_t *);
static int (*real_try)(sem_t *);
static bool show;

extern void *__libc_stack_end;

/* The end of this thread's stack, without pthread_getattr_np, which allocates and locks. */
static uintptr_t top_of_stack(uintptr_t sp)
{
	uintptr_t main_top = ((uintptr_t)__libc_stack_end | 0xfff) + 1;
	if (sp < main_top && main_top - sp < 64 << 20)
		return (uintptr_t)__libc_stack_end;
	return (uintptr_t)pthread_self(); /* glibc keeps a thread's record above its stack */
}

static void tell(const struct lh_return_slot *ours, int n, const struct lh_return_slot *theirs,
		 int m, int end)
{
	static atomic_int shown;
	char text[300];
	if (!show || atomic_fetch_add(&shown, 1) >= SHOWN_MAX)
		return;
	int k = unwound_common(ours, n, theirs, m);
	Dl_info at = {0}, theirs_at = {0};
	if (k)
		dladdr((void *)theirs[k - 1].pc, &at);
	if (k < m)
		dladdr((void *)theirs[k].pc, &theirs_at);
	int len = snprintf(
		text, sizeof text,
		"compare_walk: end %d, ours %d, theirs %d, common %d; after %s+%#lx ours "
		"%#lx@%#lx, theirs %#lx@%#lx (%s)\n",
		end, n, m, k, at.dli_fname ? at.dli_fname : "?",
		k ? theirs[k - 1].pc - (uintptr_t)at.dli_fbase : 0, k < n ? ours[k].pc : 0,
		k < n ? ours[k].slot : 0, k < m ? theirs[k].pc : 0, k < m ? theirs[k].slot : 0,
		theirs_at.dli_fname ? theirs_at.dli_fname : "?");
	(void)!write(2, text, (size_t)len);
}

static void compare(const struct lh_regs *regs)
{
	struct lh_return_slot ours[ROOM], theirs[ROOM];
	enum lh_walk_end end;
	if (!high)
		high = top_of_stack(regs->sp);
	int n = lh_walk(regs, high, ours, ROOM, &end, NULL);
	int m = unwound(regs, high, theirs, ROOM);
	int k = unwound_common(ours, n, theirs, m);
	bool same = k == n && k == m;
	atomic_fetch_add(&counts->events, 1);
	atomic_fetch_add(same     ? &counts->identical
			 : k == n ? &counts->shorter
				  : &counts->diverging,
			 1);
	if (!same)
		tell(ours, n, theirs, m, end);
}

/* Not inlined, so that the wrapper's frame, which is walked too, stays small. */
static __attribute__((noinline)) void event(const struct lh_regs *regs)
{
	int saved = errno;
	if (!counts || inside || atomic_load(&counts->events) >= EVENTS_MAX)
		return;
	inside = true; /* libunwind locks */
	compare(regs);
	inside = false;
	errno = saved;
}

__attribute__((visibility("default"))) int pthread_mutex_lock(pthread_mutex_t *m)
{
	struct lh_regs regs = REGS_OF_CALLER();
	event(&regs);
	if (!real_lock)
		real_lock = (__typeof__(real_lock))dlsym(RTLD_NEXT, "pthread_mutex_lock");
	return real_lock(m);
}

__attribute__((visibility("default"))) int sem_trywait(sem_t *s)
{
	struct lh_regs regs = REGS_OF_CALLER();
	event(&regs);
	if (!real_try)
		real_try = (__typeof__(real_try))dlsym(RTLD_NEXT, "sem_trywait");
	return real_try(s);
}

static __attribute__((constructor)) void begin(void)
{
	static uint64_t kept[LH_WALK_CACHE_BYTES / sizeof(uint64_t)];
	void *page = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	show = getenv("COMPARE_WALK_SHOW") != NULL;
	lh_walk_set_cache(kept);
	if (page == MAP_FAILED)
		return;
	counts = page;
	counts->pid = getpid();
}

static __attribute__((destructor)) void finish(void)
{
	const char *path = getenv("COMPARE_WALK");
	bool mine = counts && counts->pid == getpid() && counts->events;
	int fd = path && mine ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	char text[300];
	if (fd < 0)
		return;
	inside = true;
	int n = snprintf(text, sizeof text, "%s %ld %ld %ld %ld\n", program_invocation_short_name,
			 counts->events, counts->identical, counts->shorter, counts->diverging);
	(void)!write(fd, text, (size_t)n);
	close(fd);
}
