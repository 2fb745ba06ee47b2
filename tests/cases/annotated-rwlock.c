/*
 * Locks with dynamic annotations, which do not tell a try from a wait: a warning. An annotation of
 * a mutex does not make a second lock of it.
 * EXPECT: lock-order(warning) a b
 * EXPECT: lock-order m n
 * EXPECT-MESSAGE: if these acquisitions wait
 */
#include "case.h"
#include "annotated.h"

static int a, b, c, d;
MUTEX(m);
MUTEX(n);

#define ACQUIRED(o, w) AnnotateRWLockAcquired(__FILE__, __LINE__, o, w)
#define RELEASED(o, w) AnnotateRWLockReleased(__FILE__, __LINE__, o, w)

static void a_then_b(void)
{
	ACQUIRED(&a, 1);
	ACQUIRED(&b, 0);
	RELEASED(&b, 0);
	RELEASED(&a, 1);
}
static void b_then_a(void)
{
	ACQUIRED(&b, 1);
	ACQUIRED(&a, 1);
	ACQUIRED(&a, 1); /* perhaps it is recursive */
	RELEASED(&a, 1);
	RELEASED(&a, 1);
	RELEASED(&b, 1);
}
/* readers share */
static void c_then_d(void)
{
	ACQUIRED(&c, 0);
	ACQUIRED(&d, 0);
	RELEASED(&d, 0);
	RELEASED(&c, 0);
}
static void d_then_c(void)
{
	ACQUIRED(&d, 0);
	ACQUIRED(&c, 0);
	RELEASED(&c, 0);
	RELEASED(&d, 0);
}

static void mutexes(pthread_mutex_t *x, pthread_mutex_t *y)
{
	lock(x);
	ACQUIRED(x, 1);
	lock(y);
	ACQUIRED(y, 1);
	RELEASED(y, 1);
	unlock(y);
	RELEASED(x, 1);
	unlock(x);
}
static void m_then_n(void)
{
	mutexes(&m, &n);
}
static void n_then_m(void)
{
	mutexes(&n, &m);
}

int main(void)
{
	AnnotateRWLockCreate(__FILE__, __LINE__, &a);
	AnnotateRWLockCreateStatic(__FILE__, __LINE__, &b);
	AnnotateRWLockCreate(__FILE__, __LINE__, &m);
	in_turn(a_then_b, b_then_a, c_then_d, d_then_c, m_then_n, n_then_m);
	AnnotateRWLockDestroy(__FILE__, __LINE__, &a);
	return 0;
}
