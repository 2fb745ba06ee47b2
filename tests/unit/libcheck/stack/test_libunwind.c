/*
 * test_libunwind.c — tests that lh_unwind gives the same frames as lh_walk. libunwind is not linked
 * here but opened with dlopen, as in the library.
 * LINKS: libcheck/stack/libunwind.c libcheck/stack/walk.c libcheck/stack/walk_cache.c
 * libcheck/stack/cfi.c
 * LIBS: -ldl -lpthread
 */
#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/unit/unit.h"
#include "libcheck/stack/walk.h"

#define NOINLINE __attribute__((noinline))
#define KEEP_ALIVE(x) __asm__ volatile("" : : "r"(x) : "memory")

enum { FRAMES_MAX = 100 };

static __thread uintptr_t high;
static int probes;

static uintptr_t top_of_stack(void)
{
	pthread_attr_t a;
	void *low;
	size_t size;
	pthread_getattr_np(pthread_self(), &a);
	pthread_attr_getstack(&a, &low, &size);
	pthread_attr_destroy(&a);
	return (uintptr_t)low + size;
}

static void check_same_frames(const struct lh_return_slot *a, int an,
			      const struct lh_return_slot *b, int bn)
{
	CHECK_EQ(an, bn);
	for (int i = 0; i < an && i < bn; i++) {
		CHECK_EQ(a[i].pc, b[i].pc);
		CHECK_EQ(a[i].slot, b[i].slot);
	}
}

/* As in a wrapper: the walk is called some frames further inside. */
static NOINLINE int unwind_from_deeper(const struct lh_regs *regs, struct lh_return_slot *out,
				       int capacity, enum lh_walk_end *end, int depth)
{
	int n = depth ? unwind_from_deeper(regs, out, capacity, end, depth - 1)
		      : lh_unwind(regs, high, out, capacity, end);
	KEEP_ALIVE(n);
	return n;
}

static struct lh_regs regs_of(uintptr_t frame, void *pc)
{
	return (struct lh_regs){(uintptr_t)pc, frame + 16, *(const uintptr_t *)frame};
}

static NOINLINE int probe(void)
{
	struct lh_regs regs =
		regs_of((uintptr_t)__builtin_frame_address(0), __builtin_return_address(0));
	struct lh_return_slot a[FRAMES_MAX], b[FRAMES_MAX];
	enum lh_walk_end a_end, b_end;
	int m = lh_walk(&regs, high, b, FRAMES_MAX, &b_end, NULL);
	probes++;
	for (int depth = 0; depth < 3; depth++) {
		int n = unwind_from_deeper(&regs, a, FRAMES_MAX, &a_end, depth);
		check_same_frames(a, n, b, m);
		CHECK_EQ(a_end, LH_WALK_DONE);
	}
	CHECK_EQ(b_end, LH_WALK_DONE);
	return m;
}

static NOINLINE void deep(int n)
{
	char *p = alloca((size_t)n + 1);
	KEEP_ALIVE(p);
	if (n)
		deep(n - 1);
	else
		CHECK(probe() > 10);
	KEEP_ALIVE(p);
}

static int compare(const void *a, const void *b)
{
	probe();
	return *(const int *)a - *(const int *)b;
}

static void at_signal(int signal)
{
	probe();
	KEEP_ALIVE(signal);
}

static void *in_thread(void *argument)
{
	high = top_of_stack();
	probe();
	raise(SIGUSR1);
	return argument;
}

static NOINLINE void walk_ends(void)
{
	struct lh_regs regs =
		regs_of((uintptr_t)__builtin_frame_address(0), __builtin_return_address(0));
	struct lh_return_slot slots[FRAMES_MAX], none[1];
	enum lh_walk_end end;
	CHECK(lh_unwind(&regs, high, slots, FRAMES_MAX, &end) >= 3);
	CHECK_EQ(lh_unwind(&regs, high, none, 1, &end), 1);
	CHECK_EQ(end, LH_WALK_CUT);
	CHECK_EQ(lh_unwind(&regs, slots[1].slot, none, 1, &end), 1);
	CHECK_EQ(lh_unwind(&regs, slots[1].slot, slots, FRAMES_MAX, &end), 1);
	CHECK_EQ(end, LH_WALK_DAMAGED);
	regs.sp += 8; /* a frame that does not exist */
	CHECK_EQ(lh_unwind(&regs, high, slots, FRAMES_MAX, &end), 0);
	CHECK_EQ(end, LH_WALK_UNSUPPORTED);
}

int main(void)
{
	struct lh_regs regs = {0};
	struct lh_return_slot slot;
	enum lh_walk_end end = LH_WALK_DONE;
	int v[] = {3, 1, 2};
	pthread_t t;
	high = top_of_stack();
	CHECK(!dlopen("libunwind.so.8", RTLD_NOW | RTLD_NOLOAD));
	CHECK_EQ(lh_unwind(&regs, high, &slot, 1, &end), 0);
	CHECK_EQ(end, LH_WALK_UNSUPPORTED);
	if (!CHECK(lh_unwind_init()))
		return unit_done();
	signal(SIGUSR1, at_signal);
	deep(10);
	qsort(v, 3, sizeof *v, compare);
	raise(SIGUSR1);
	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
	CHECK(probes >= 6);
	walk_ends();
	return unit_done();
}
