/*
 * key-collision.c — many paths to one call: the same return address at the same stack depth, behind
 * different callers. (tests/cases checks that the two stacks are distinguished; here they must only
 * work, and fast.)
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
#define WAYS(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11)

static __attribute__((noinline)) int bottom(void)
{
	int rc = pthread_mutex_lock(&m) + pthread_mutex_unlock(&m);
	__asm__ volatile("" : "+r"(rc));
	return rc;
}
#define WAY(n)                                                                                     \
	static __attribute__((noinline)) int way_##n(void)                                         \
	{                                                                                          \
		int rc = bottom() + n;                                                             \
		__asm__ volatile("" : "+r"(rc));                                                   \
		return rc;                                                                         \
	}
WAYS(WAY)
#define NAME(n) way_##n,
static int (*const ways[])(void) = {WAYS(NAME)};

int main(void)
{
	long sum = 0;
	observe("start");
	for (int i = 0; i < 200000; i++)
		sum += ways[(unsigned)i % (sizeof(ways) / sizeof(*ways))]();
	show(sum);
	observe("end");
	return 0;
}
