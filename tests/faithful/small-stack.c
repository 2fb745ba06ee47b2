/*
 * small-stack.c — threads of PTHREAD_STACK_MIN that use 1 to 10 KiB and lock at the deepest point:
 * our thread-local bytes and our frames must leave them enough stack.
 */
#include "observe.h"
#include <alloca.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;

static __attribute__((noinline)) long deepest(void)
{
	sem_t s;
	long rc = pthread_mutex_lock(&a) + pthread_mutex_lock(&b) + pthread_rwlock_rdlock(&r);
	sem_init(&s, 0, 1);
	rc += sem_wait(&s) + sem_post(&s);
	return rc + pthread_rwlock_unlock(&r) + pthread_mutex_unlock(&b) + pthread_mutex_unlock(&a);
}

static void *uses(void *arg)
{
	size_t n = (size_t)arg;
	volatile char *p = alloca(n);
	memset((char *)p, 1, n);
	long rc = deepest();
	return (void *)(rc + p[0] + p[n - 1]);
}

int main(void)
{
	pthread_attr_t attr;
	observe("start");
	pthread_attr_init(&attr);
	show(PTHREAD_STACK_MIN);
	show(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN));
	for (size_t kib = 1; kib <= 10; kib++) {
		pthread_t t;
		void *got;
		show(pthread_create(&t, &attr, uses, (void *)(kib << 10)));
		show(pthread_join(t, &got));
		say("%zu KiB: %ld\n", kib, (long)got);
	}
	observe("end");
	return 0;
}
