/*
 * corrupt-stack.c — locks in frames whose saved frame pointer or return address is invalid during
 * the call: out of range, not canonical, in the guard page, zero, pointing to itself.
 * FLAGS: -fno-omit-frame-pointer -O0
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;
static char *guard;

static int locks(void)
{
	return pthread_mutex_lock(&m) + pthread_mutex_lock(&n) + pthread_mutex_unlock(&n) +
	       pthread_mutex_unlock(&m);
}

static uintptr_t nonsense(int how, uintptr_t *frame)
{
	switch (how) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return 0xdead000000000000ul;
	case 3:
		return (uintptr_t)frame;
	case 4:
		return (uintptr_t)guard;
	case 5:
		return (uintptr_t)frame + (1ul << 40);
	case 6:
		return (uintptr_t)&m;
	case 7:
		return (uintptr_t)frame - 64;
	case 8:
		return (uintptr_t)locks + 1;
	default:
		return ~0ul;
	}
}

/* Frame layout with a frame pointer: [0] saved frame pointer, [1] return address. */
static __attribute__((noinline)) int corrupted(int how, int what)
{
	volatile uintptr_t *frame = __builtin_frame_address(0);
	uintptr_t saved = frame[0], back = frame[1];
	if (what & 1)
		frame[0] = nonsense(how, (uintptr_t *)frame);
	if (what & 2)
		frame[1] = nonsense(how, (uintptr_t *)frame);
	int rc = locks();
	frame[0] = saved;
	frame[1] = back;
	return rc;
}

static void *thread(void *arg)
{
	long wrong = 0;
	for (int round = 0; round < 3; round++)
		for (int how = 0; how < 10; how++)
			for (int what = 1; what < 4; what++)
				wrong += corrupted(how, what);
	(void)arg;
	return (void *)wrong;
}

int main(void)
{
	observe("start");
	guard = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	show(thread(NULL));
	show(in_thread(thread, NULL));
	observe("end");
	return 0;
}
