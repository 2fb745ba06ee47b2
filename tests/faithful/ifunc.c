/*
 * ifunc.c — an IFUNC resolver that locks a mutex, bound lazily. (If it is bound at start, it
 * crashes with and without us.)
 * FLAGS: -Wl,-z,lazy
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int resolved;

static int answer(void)
{
	return 42;
}

__attribute__((used)) static int (*resolve(void))(void)
{
	pthread_mutex_lock(&m);
	resolved++;
	pthread_mutex_unlock(&m);
	return answer;
}

int ask(void) __attribute__((ifunc("resolve"), visibility("default")));

int main(void)
{
	observe("start");
	void *self = dlopen(NULL, RTLD_LAZY);
	show(self != NULL);
	show(ask());
	show(resolved > 0);
	observe("end");
	return 0;
}
