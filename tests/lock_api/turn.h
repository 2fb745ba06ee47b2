/*
 * turn.h — two threads of a case: one after the other, or so that each has its first lock before
 * one of them wants its second. Nothing that the library sees orders them.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A function that is called as one of another file is. */
#ifdef __clang__
#define CALLED __attribute__((noinline, used))
#else
#define CALLED __attribute__((noipa))
#endif

typedef void turn_routine(void);

static struct {
	turn_routine *first, *second;
	int meet, met, first_ended;
} turns;

/* Between the first lock and the second. */
static inline void turn(void)
{
	static __thread int before;

	if (!turns.meet || before)
		return;
	before = 1;
	for (__atomic_fetch_add(&turns.met, 1, __ATOMIC_SEQ_CST);
	     __atomic_load_n(&turns.met, __ATOMIC_SEQ_CST) < 2;)
		usleep(100);
}

static void *turn_first(void *nothing)
{
	turns.first();
	__atomic_store_n(&turns.first_ended, 1, __ATOMIC_SEQ_CST);
	return nothing;
}

static void *turn_second(void *nothing)
{
	while (!turns.meet && !__atomic_load_n(&turns.first_ended, __ATOMIC_SEQ_CST))
		usleep(100);
	turns.second();
	return nothing;
}

static inline void run_turns(turn_routine *first, turn_routine *second, int meet)
{
	pthread_t thread[2];

	turns.first = first;
	turns.second = second;
	turns.meet = meet;
	pthread_create(&thread[0], NULL, turn_first, NULL);
	pthread_create(&thread[1], NULL, turn_second, NULL);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
}

static inline void at_once(turn_routine *first, turn_routine *second)
{
	run_turns(first, second, 1);
}

static inline void in_turn(turn_routine *first, turn_routine *second)
{
	run_turns(first, second, 0);
}

static inline int is_run(int argc, char **argv, const char *name)
{
	return argc > 1 && strcmp(argv[1], name) == 0;
}
