/*
 * places.c — many places that acquire two locks in either order, each on many call paths, for the
 * gate. Usage: places [backwards] [last]. Twenty functions acquire `inner` under `outer`, four
 * `outer` under `inner`; ten others call each of them. Two threads, one after the other; "last":
 * the four come last; "backwards": the functions are called in the opposite order.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#define KEEP __attribute__((noinline, noclone))
#define TEN(OF, n)                                                                                 \
	OF(n##0) OF(n##1) OF(n##2) OF(n##3) OF(n##4) OF(n##5) OF(n##6) OF(n##7) OF(n##8) OF(n##9)
#define FOUR(OF, n) OF(n##0) OF(n##1) OF(n##2) OF(n##3)
#define NAME(n) function_##n,

typedef void (*function)(void);

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static bool backwards;
static int turn;

#define ORDER(n, first, second)                                                                    \
	KEEP static void function_##n(void)                                                        \
	{                                                                                          \
		pthread_mutex_lock(&first);                                                        \
		pthread_mutex_lock(&second);                                                       \
		pthread_mutex_unlock(&second);                                                     \
		pthread_mutex_unlock(&first);                                                      \
		__asm__ volatile("" : : "i"(n));                                                   \
	}
#define FORWARD(n) ORDER(n, outer, inner)
#define REVERSE(n) ORDER(n, inner, outer)
TEN(FORWARD, 1)
TEN(FORWARD, 2)
FOUR(REVERSE, 3)

#define CALLER(n)                                                                                  \
	KEEP static void caller_##n(function called)                                               \
	{                                                                                          \
		called();                                                                          \
		__asm__ volatile("" : : "i"(n));                                                   \
	}
#define CALLER_NAME(n) caller_##n,
TEN(CALLER, 4)

static void call(const function *each, int n)
{
	static void (*const caller[])(function) = {TEN(CALLER_NAME, 4)};

	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(caller) / sizeof(caller[0]); k++)
			caller[k](each[backwards ? n - 1 - i : i]);
}

static void *forward(void *when)
{
	static const function each[] = {TEN(NAME, 1) TEN(NAME, 2)};

	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != *(int *)when)
		sched_yield();
	call(each, sizeof(each) / sizeof(each[0]));
	__atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *reverse(void *when)
{
	static const function each[] = {FOUR(NAME, 3)};

	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != *(int *)when)
		sched_yield();
	call(each, sizeof(each) / sizeof(each[0]));
	__atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(int argc, char **argv)
{
	int when[2] = {1, 0};
	pthread_t thread[2];

	for (int i = 1; i < argc; i++) {
		backwards |= strcmp(argv[i], "backwards") == 0;
		if (strcmp(argv[i], "last") == 0)
			when[0] = 0, when[1] = 1;
	}
	pthread_create(&thread[0], NULL, forward, &when[0]);
	pthread_create(&thread[1], NULL, reverse, &when[1]);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
