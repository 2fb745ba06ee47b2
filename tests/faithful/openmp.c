/*
 * openmp.c — parallel regions of every kind, in threads, nested, in a plugin and after a fork;
 * locks, critical sections, tasks and cancellation of OpenMP. The results are those of the bare
 * program.
 * FLAGS: -fopenmp
 * PLUGIN: -fopenmp
 */
#include "observe.h"

#include <omp.h>

static int sum(int n)
{
	int total = 0;

#pragma omp parallel for num_threads(3) reduction(+ : total) schedule(dynamic)
	for (int i = 0; i < n; i++)
		total += i;
	return total;
}

/* Locks made and destroyed; the hint is for libomp, which has the function. A plugin from clang
 * gets the functions of the program's libgomp, whose nest lock is larger than clang's type. */
static int locks(void)
{
	union {
		omp_nest_lock_t lock;
		char of_libgomp[16];
	} room;
#define nest room.lock
	omp_lock_t plain, hinted;
	int n[4] = {0}; /* one for each lock */

	omp_init_nest_lock(&nest);
	omp_init_lock(&plain);
#ifdef __clang__
	omp_init_lock_with_hint(&hinted, omp_lock_hint_contended);
#else
	omp_init_lock(&hinted);
#endif
#pragma omp parallel num_threads(3)
	for (int i = 0; i < 200; i++) {
		omp_set_lock(&plain);
		n[0]++;
		omp_unset_lock(&plain);
		while (!omp_test_lock(&hinted))
			;
		n[1]++;
		omp_unset_lock(&hinted);
		omp_set_nest_lock(&nest);
		n[2] += omp_test_nest_lock(&nest);
		omp_unset_nest_lock(&nest);
		omp_unset_nest_lock(&nest);
#pragma omp critical
		n[3]++;
#pragma omp critical(named)
		{
#pragma omp critical
			n[3]++;
		}
	}
	omp_destroy_lock(&plain);
	omp_destroy_lock(&hinted);
	omp_destroy_nest_lock(&nest);
#undef nest
	return n[0] + n[1] + n[2] + n[3];
}

#ifdef PLUGIN
int plugin(void);
int plugin(void)
{
	return sum(100) + locks();
}
#else

static int arguments(void)
{
#define DECLARE(n)                                                                                 \
	int a##n = n, b##n = n, c##n = n, d##n = n, e##n = n, f##n = n, g##n = n, h##n = n
#define S(n) (a##n + b##n + c##n + d##n + e##n + f##n + g##n + h##n)
	int few = 1, total = 0;
	DECLARE(1);
	DECLARE(2);
	DECLARE(3);
	DECLARE(4);
	DECLARE(5);
	DECLARE(6);
	DECLARE(7);
	DECLARE(8);
	DECLARE(9);

#pragma omp parallel num_threads(2) reduction(+ : total)
	total += few;
#pragma omp parallel num_threads(2) reduction(+ : total)
	total += S(1) + S(2);
#pragma omp parallel num_threads(2) reduction(+ : total)
	total += S(1) + S(2) + S(3) + S(4) + S(5) + S(6) + S(7) + S(8) + S(9);
	return total;
}

static int fib(int n)
{
	int a, b;

	if (n < 2)
		return n;
#pragma omp task shared(a)
	a = fib(n - 1);
#pragma omp task shared(b)
	b = fib(n - 2);
#pragma omp taskwait
	return a + b;
}

static int tasks(void)
{
	int n = 0, total = 0;

#pragma omp parallel num_threads(3) reduction(task, + : total)
	{
#pragma omp single
		n = fib(12);
#pragma omp single
#pragma omp taskgroup
		for (int i = 0; i < 10; i++) {
#pragma omp task in_reduction(+ : total)
			total += i;
		}
	}
	return n + total;
}

/* Every schedule, and what ends with a barrier. */
static int constructs(void)
{
	int n = 0, copied = 0, order = 0, wrong = 0;

#pragma omp parallel num_threads(3) firstprivate(copied)
	{
#pragma omp for schedule(static) reduction(+ : n)
		for (int i = 0; i < 10; i++)
			n += i;
#pragma omp for schedule(guided) reduction(+ : n)
		for (int i = 0; i < 10; i++)
			n += i;
#pragma omp for schedule(runtime) reduction(+ : n)
		for (unsigned long i = 0; i < 10; i++)
			n += (int)i;
#pragma omp for ordered schedule(dynamic)
		for (int i = 0; i < 10; i++) {
#pragma omp ordered
			wrong += order++ != i;
		}
#pragma omp sections
		{
#pragma omp section
#pragma omp atomic
			n++;
#pragma omp section
#pragma omp atomic
			n++;
		}
#pragma omp single copyprivate(copied)
		copied = 5;
#pragma omp atomic
		n += copied;
#pragma omp barrier
#pragma omp master
		n++;
	}
#pragma omp parallel sections num_threads(2)
	{
#pragma omp section
#pragma omp atomic
		n++;
#pragma omp section
#pragma omp atomic
		n++;
	}
	return n + 1000 * wrong;
}

static int nested(void)
{
	int n = 0;

	omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2) reduction(+ : n)
	{
#pragma omp parallel num_threads(2) reduction(+ : n)
		n += omp_get_level() * 10 + omp_get_num_threads();
#pragma omp parallel num_threads(1) reduction(+ : n)
		n += omp_get_num_threads();
	}
	return n;
}

static void *regions(void *unused)
{
	(void)unused;
	return (void *)(long)(sum(1000) + locks());
}

/* Without OMP_CANCELLATION nothing is cancelled. */
static int cancelled(void)
{
	int n = 0;

#pragma omp parallel num_threads(2)
	{
#pragma omp cancel parallel
#pragma omp atomic
		n++;
	}
	return omp_get_cancellation() ? n == 0 : n == 2;
}

static int in_child(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
#pragma omp critical(named)
		status = omp_get_num_threads();
		_exit(status);
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static int in_plugin(void)
{
	void *object = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
	int (*fn)(void) = object ? (int (*)(void))dlsym(object, "plugin") : NULL;
	int n = fn ? fn() : -1;

	if (object)
		dlclose(object);
	return n;
}

int main(void)
{
	pthread_t t[2];
	void *result;

	dlerror(); /* libomp's constructor has looked for functions */
	errno = 0;
	observe("start");
	show(sum(1000));
	show(locks());
	show(arguments());
	show(tasks());
	show(constructs());
	show(nested());
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, regions, NULL);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], &result);
		show(result);
	}
	show(cancelled());
	show(in_child());
	errno = 0;
	show(in_plugin());
	errno = 0;
	show(in_plugin());
	fflush(NULL);
#pragma omp parallel num_threads(2)
	if (omp_get_thread_num() == 1)
		exit(7);
	return 0;
}
#endif
