/*
 * Two threads begin regions, which nothing orders: the orders of their teams are a cycle.
 * EXPECT: lock-order a b
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void team_a_b(void)
{
	for (int i = 0; i < 10; i++) {
#pragma omp parallel num_threads(2)
		a_b();
	}
}

static void team_b_a(void)
{
	for (int i = 0; i < 10; i++) {
#pragma omp parallel num_threads(2)
		b_a();
	}
}

int main(void)
{
	in_turn(team_a_b, team_b_a);
	return 0;
}
