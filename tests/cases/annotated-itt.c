/*
 * Locks that the program announces to Intel's tools. One that is not created as a mutex may be a
 * signal: it is none until a thread releases it that does not hold it. A barrier is no lock. An
 * acquisition without a word before it may be a try: a warning.
 * EXPECT: lock-order a accounts.of.the.bank
 * EXPECT: lock-order c d
 * EXPECT: lock-order(warning) t u
 */
#include "case.h"
#include "annotated.h"

static int a, b, c, d, t, u, event, barrier, v, given_up;

static void acquire(int *o)
{
	__itt_sync_prepare(o);
	__itt_sync_acquired(o);
}

static void both(int *x, int *y)
{
	acquire(x);
	acquire(y);
	__itt_sync_releasing(y);
	__itt_sync_releasing(x);
}
static void a_then_b(void)
{
	both(&a, &b);
}
static void b_then_a(void)
{
	both(&b, &a);
}
static void c_then_d(void)
{
	both(&c, &d);
}
static void d_then_c(void)
{
	both(&d, &c);
}
static void t_then_u(void)
{
	both(&t, &u);
}
static void u_then_try_t(void)
{
	acquire(&u);
	__itt_sync_acquired(&t);
	__itt_sync_releasing(&t);
	__itt_sync_releasing(&u);
}

static void sends(void)
{
	acquire(&v);
	__itt_sync_releasing(&event);
	acquire(&barrier);
	__itt_sync_releasing(&v);
	acquire(&barrier);
	__itt_sync_prepare(&given_up);
	__itt_sync_cancel(&given_up);
}
/* the thread ends and keeps nothing */
static void receives(void)
{
	acquire(&event);
	acquire(&v);
	acquire(&event);
	__itt_sync_releasing(&v);
	acquire(&barrier);
}

int main(void)
{
	__itt_sync_create(&a, "spin lock", "", ITT_MUTEX);
	__itt_sync_create(&b, "spin lock", "accounts", ITT_MUTEX);
	__itt_sync_rename(&b, "accounts.of.the.bank");
	__itt_sync_create(&barrier, "barrier", "", ITT_BARRIER);
	in_turn(a_then_b, b_then_a, c_then_d, d_then_c, t_then_u, u_then_try_t);
	in_turn(sends, receives);
	__itt_sync_destroy(&a);
	return 0;
}
