/*
 * The names that Fortran programs call, and the calls of programs from gcc before 4.9.
 * EXPECT: lock-order first second
 * EXPECT-FILTERED: ordered first third
 * FLAGS: -fopenmp
 */
#include "case.h"
#include <omp.h>

extern void omp_init_lock_(int *), omp_set_lock_(int *), omp_unset_lock_(int *);
extern void omp_destroy_lock_(int *);
extern void GOMP_parallel_start(void (*)(void *), void *, unsigned), GOMP_parallel_end(void);

static int first, second, third;

static void both(int *outer, int *inner)
{
	omp_set_lock_(outer);
	omp_set_lock_(inner);
	omp_unset_lock_(inner);
	omp_unset_lock_(outer);
}

static void first_second(void)
{
	both(&first, &second);
}

static void second_first(void)
{
	both(&second, &first);
}

static void region(void *how)
{
	if (!how)
		in_my_turn(omp_get_thread_num(),
			   omp_get_thread_num() ? second_first : first_second);
	else if (*(int *)how)
		both(&first, &third);
	else
		both(&third, &first);
}

static void run(int *how)
{
	GOMP_parallel_start(region, how, 2);
	region(how);
	GOMP_parallel_end();
}

int main(void)
{
	int how[] = {0, 1};

	omp_init_lock_(&first);
	omp_init_lock_(&second);
	omp_init_lock_(&third);
	run(NULL);
	run(&how[0]);
	run(&how[1]);
	omp_destroy_lock_(&first);
	return 0;
}
