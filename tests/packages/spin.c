/* spin.c — a lock of the program's own, announced by lockhound.h, and a mutex: two threads acquire
 * them in two orders. */
#include <lockhound.h>
#include <pthread.h>
#include <sched.h>
static char lock;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static int turn;
static void *spin_first(void *none)
{
	lockhound_name(&lock, "spin_of_mine");
	lockhound_wants(&lock, 0);
	lockhound_got(&lock, 0);
	pthread_mutex_lock(&other);
	pthread_mutex_unlock(&other);
	lockhound_gives(&lock);
	__atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
	return none;
}
static void *spin_last(void *none)
{
	while (!__atomic_load_n(&turn, __ATOMIC_ACQUIRE))
		sched_yield();
	pthread_mutex_lock(&other);
	lockhound_wants(&lock, 0);
	lockhound_got(&lock, 0);
	lockhound_gives(&lock);
	pthread_mutex_unlock(&other);
	return none;
}
int main(void)
{
	pthread_t t[2];
	pthread_create(&t[0], 0, spin_first, 0);
	pthread_create(&t[1], 0, spin_last, 0);
	pthread_join(t[0], 0);
	pthread_join(t[1], 0);
	return 0;
}
