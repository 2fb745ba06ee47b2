/*
 * sim_check.c — the locks as they really are, and what must hold.
 *
 * none missed    when no thread can go on, each cycle of threads that wait for each other without a
 *                limit, for locks that only their holders release, was reported by one of them
 * none invented  each thread of a report waits for a lock that another thread of the report holds
 * once           no two reports name the same waits
 * no is certain  a thread whose search found nothing does not close a cycle of blocked threads
 */
#include "tests/unit/libcheck/rules/sim_wait.h"

struct real *sim_real;
const char *sim_violation;

/* ---- real locks ---- */

static bool is_queued_writer(unsigned t, unsigned lock)
{
	return sim_real->thread[t].phase == BLOCKED && sim_real->thread[t].want == lock &&
	       sim_real->thread[t].mode == LH_EXCLUSIVE;
}

static bool has_queued_writer(unsigned lock)
{
	for (unsigned t = 0; t < THREADS; t++)
		if (lock == LOCK_W && is_queued_writer(t, lock))
			return true;
	return false;
}

static bool is_free(unsigned lock, enum lh_mode mode)
{
	if (lock >= END_LOCK)
		return sim_real->thread[lock - END_LOCK].phase == ENDED;
	if (lock == INTERNAL)
		return !sim_real->internal;
	if (mode == LH_SHARED)
		return !sim_real->lock[lock].writer && !has_queued_writer(lock);
	return !sim_real->lock[lock].writer && !sim_real->lock[lock].readers;
}

/* The thread announces no wait any more. */
void sim_real_withdraw(unsigned t)
{
	sim_real->thread[t].fenced = false;
	sim_real->thread[t].later = 0;
	for (unsigned u = 0; u < THREADS; u++)
		sim_real->thread[u].later &= (uint8_t) ~(1u << t);
}

static void take(unsigned t, unsigned lock, enum lh_mode mode)
{
	if (lock == INTERNAL) {
		sim_real->internal = (uint8_t)(t + 1);
		return;
	}
	sim_real->thread[t].phase = RUNS;
	sim_real_withdraw(t);
	if (lock >= END_LOCK)
		return;
	sim_real->thread[t].mine |= (uint8_t)(1u << lock);
	if (mode == LH_SHARED)
		sim_real->lock[lock].readers |= (uint8_t)(1u << t);
	else
		sim_real->lock[lock].writer = (uint8_t)(t + 1);
}

bool sim_real_try(unsigned t, unsigned lock, enum lh_mode mode)
{
	bool free = is_free(lock, mode);

	if (free)
		take(t, lock, mode);
	return free;
}

void sim_real_release(unsigned t, unsigned lock)
{
	if (lock == INTERNAL)
		sim_real->internal = 0;
	else if (sim_real->lock[lock].writer == t + 1)
		sim_real->lock[lock].writer = 0;
	else
		sim_real->lock[lock].readers &= (uint8_t) ~(1u << t);
}

void sim_real_wants(unsigned t, unsigned lock, enum lh_mode mode, enum lh_how how)
{
	sim_real->thread[t].phase = WANTS;
	sim_real->thread[t].want = (uint8_t)lock;
	sim_real->thread[t].mode = (uint8_t)mode;
	sim_real->thread[t].how = (uint8_t)how;
	sim_real_withdraw(t);
}

static bool waits(unsigned t)
{
	return sim_real->thread[t].phase == WANTS || sim_real->thread[t].phase == BLOCKED;
}

void sim_real_fence(unsigned t)
{
	for (unsigned u = 0; u < THREADS; u++)
		if (u != t && waits(u) && sim_real->thread[u].fenced)
			sim_real->thread[t].later |= (uint8_t)(1u << u);
	sim_real->thread[t].fenced = true;
}

bool sim_real_is_over(unsigned t)
{
	unsigned lock = sim_real->thread[t].want;

	if (sim_real->thread[t].how == SIM_SIGNALLED && !(sim_real->signals >> lock & 1))
		return false;
	return is_free(sim_real->thread[t].want, sim_real->thread[t].mode);
}

/* Only a wait for a thread's end can be cancelled. */
bool sim_is_cancelled(unsigned t)
{
	return sim_real->thread[t].cancelled && sim_real->thread[t].want >= END_LOCK;
}

/* ---- the wait-for graph ---- */

/* Only the holder of this lock, or the end of this thread, ends the wait. */
static bool is_promised(unsigned t)
{
	return waits(t) && sim_real->thread[t].how == LH_BLOCKING &&
	       sim_real->thread[t].want != LOCK_P && !sim_is_cancelled(t);
}

/* Does u keep t waiting? */
static bool blocks(unsigned t, unsigned u)
{
	unsigned lock = sim_real->thread[t].want;
	bool shared = sim_real->thread[t].mode == LH_SHARED;

	if (t == u)
		return false;
	if (lock >= END_LOCK)
		return lock - END_LOCK == u && sim_real->thread[u].phase != ENDED;
	if (sim_real->lock[lock].writer == u + 1)
		return true;
	if (!shared)
		return sim_real->lock[lock].readers >> u & 1;
	return lock == LOCK_W && is_queued_writer(u, lock);
}

/* The threads that t waits for, and those that these wait for; of the threads in `among`. */
static unsigned reach(unsigned t, unsigned among)
{
	unsigned from = 1u << t, all = 0, next;

	do {
		next = all;
		for (unsigned a = 0; a < THREADS; a++)
			for (unsigned b = 0; b < THREADS; b++)
				if (((from | all) >> a & 1) && (among >> a & among >> b & 1) &&
				    is_promised(a) && blocks(a, b))
					all |= 1u << b;
	} while (all != next);
	return all;
}

/* ---- what must hold ---- */

static void violated(const char *what)
{
	if (!sim_violation)
		sim_violation = what;
}

static bool was_reported(unsigned among)
{
	for (unsigned i = 0; i < sim_real->findings; i++) {
		unsigned threads = 0;
		for (unsigned k = 0; k < sim_real->finding[i].n; k++)
			threads |= 1u << sim_real->finding[i].thread[k];
		if (!(threads & ~among) && !sim_real->finding[i].ended)
			return true;
	}
	return false;
}

void sim_check_end(void)
{
	unsigned all[THREADS];

	for (unsigned t = 0; t < THREADS; t++)
		all[t] = reach(t, (1u << THREADS) - 1);
	for (unsigned t = 0; t < THREADS; t++) {
		unsigned cycle = 0;
		for (unsigned u = 0; u < THREADS; u++)
			if ((all[t] >> u & 1) && (all[u] >> t & 1))
				cycle |= 1u << u;
		if (cycle && !was_reported(cycle))
			violated("a deadlock was missed");
	}
}

void sim_check_no(unsigned t)
{
	if (reach(t, sim_real->thread[t].later | 1u << t) >> t & 1)
		violated("a deadlock was missed: the last thread's search said no");
}

static bool same_waits(unsigned i, unsigned k)
{
	unsigned n = sim_real->finding[i].n, same = 0;

	for (unsigned a = 0; a < n; a++)
		for (unsigned b = 0; b < sim_real->finding[k].n; b++)
			same += sim_real->finding[i].thread[a] == sim_real->finding[k].thread[b] &&
				sim_real->finding[i].lock[a] == sim_real->finding[k].lock[b];
	return same == n && n == sim_real->finding[k].n;
}

void sim_check_report(void)
{
	unsigned last = sim_real->findings - 1u, threads = 0;

	for (unsigned k = 0; k < sim_real->finding[last].n; k++)
		threads |= 1u << sim_real->finding[last].thread[k];
	for (unsigned k = 0; k < sim_real->finding[last].n; k++) {
		unsigned t = sim_real->finding[last].thread[k];
		if (sim_real->thread[t].want != sim_real->finding[last].lock[k] ||
		    !(reach(t, threads) >> t & 1))
			violated("a deadlock was invented");
	}
	for (unsigned i = 0; i < last; i++)
		if (!sim_real->finding[i].ended && same_waits(i, last))
			violated("a deadlock was reported twice");
}
