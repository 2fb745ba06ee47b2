/*
 * Opposite orders that the team orders: before, in and after a region, in two regions, on both
 * sides of a barrier, of the end of a loop, of sections, of a single with copyprivate; in a nested
 * region, and in two leagues.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void one_region(void)
{
	int copied;

#pragma omp parallel num_threads(3) private(copied)
	{
		a_b();
#pragma omp barrier
		b_a();
#pragma omp barrier
#pragma omp for schedule(dynamic)
		for (int i = 0; i < 6; i++)
			a_b();
		b_a();
#pragma omp barrier
#pragma omp sections
		{
#pragma omp section
			a_b();
#pragma omp section
			a_b();
		}
		b_a();
#pragma omp barrier
#pragma omp single copyprivate(copied)
		{
			a_b();
			copied = 1;
		}
		case_arrived += copied;
		b_a();
	}
}

static void regions(void)
{
	a_b();
#pragma omp parallel num_threads(3)
	b_a();
	a_b();
#pragma omp parallel for num_threads(3) schedule(dynamic)
	for (int i = 0; i < 6; i++)
		b_a();
#pragma omp parallel sections num_threads(3)
	{
#pragma omp section
		a_b();
#pragma omp section
		a_b();
	}
}

static void nested(void)
{
#pragma omp parallel num_threads(2)
	if (omp_get_thread_num() == 1) {
		a_b();
#pragma omp parallel num_threads(2)
		b_a();
		a_b();
	}
}

/* of one thread each */
static void league(void)
{
#pragma omp teams num_teams(2)
	a_b();
#pragma omp teams num_teams(2)
	b_a();
}

int main(void)
{
	omp_set_max_active_levels(2);
	for (int i = 0; i < 10; i++) {
		regions();
		one_region();
		nested();
		league();
		regions();
	}
	return 0;
}
