/* rows.c — adds findings, steps, notes and sampled stacks to the overlay; queues events for the
 * monitor. */
#include "tools/watch/watch_internal.h"

#include "tools/process/syscall_text.h"
#include "tools/util/list.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EVENTS_MAX = 4096 };

enum { SAMPLES_A_ROUND = 4 };

/* ---- findings ---- */

struct lh_finding *lh_watch_row(const struct lh_watch_process *p, uint32_t row)
{
	return p->overlay ? lh_overlay_row(p->overlay, LH_T_FINDING, row) : NULL;
}

uint32_t lh_watch_find(struct lh_watch_process *p, uint64_t key)
{
	const struct lh_finding *f;

	for (uint32_t i = p->overlay ? p->overlay->table[LH_T_FINDING].base : 0;
	     (f = lh_watch_row(p, i)); i++)
		if (f->key == key)
			return i;
	return 0;
}

uint32_t lh_watch_finding(struct lh_watch_process *p, enum lh_rule rule, uint64_t key,
			  lh_thread_id thread, uint32_t steps)
{
	struct lh_overlay *overlay = lh_watch_overlay(p);
	struct lh_finding f = {.rule = rule,
			       .level = LH_HAPPENED,
			       .severity = LH_WARNING,
			       .thread = thread,
			       .key = key,
			       .count = 1,
			       .time_ns = p->now_ns};

	f.step = overlay ? lh_overlay_add(overlay, LH_T_STEP, NULL, steps) : 0;
	return f.step ? lh_overlay_add(overlay, LH_T_FINDING, &f, 1) : 0;
}

void lh_watch_step(struct lh_watch_process *p, uint32_t finding, const struct lh_step *step,
		   const char *note)
{
	struct lh_finding *f = lh_watch_row(p, finding);
	struct lh_step *s = f && f->steps < LH_STEPS
				    ? lh_overlay_row(p->overlay, LH_T_STEP, f->step + f->steps)
				    : NULL;
	struct lh_note text = {.text = ""};

	if (!s)
		return;
	snprintf(text.text, sizeof(text.text), "%s", note);
	*s = *step;
	if (text.text[0])
		s->note = lh_overlay_add(p->overlay, LH_T_NOTE, &text, 1);
	__atomic_store_n(&f->steps, (uint8_t)(f->steps + 1), __ATOMIC_RELEASE);
}

/* ---- stacks ---- */

/* The ledger's module row for the address, or a row of the overlay. */
static uint32_t module_at(struct lh_watch_process *p, uint64_t pc)
{
	const struct lh_module *known;
	struct lh_module module;
	uint32_t row = lh_read_module_at(&p->ledger, pc, &module);

	if (row && !module.gone)
		return row;
	for (uint32_t i = p->overlay->table[LH_T_MODULE].base;
	     (known = lh_overlay_row(p->overlay, LH_T_MODULE, i)); i++)
		if (pc >= known->start && pc < known->end)
			return i;
	return lh_sampler_module(p->sampler, pc, &module)
		       ? lh_overlay_add(p->overlay, LH_T_MODULE, &module, 1)
		       : 0;
}

static uint32_t hash_of(const uint64_t *frame, uint32_t n)
{
	uint64_t h = n;

	for (uint32_t i = 0; i < n; i++)
		h = (h ^ frame[i]) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

/* The overlay's row of this stack, by hash and length; 0: none. */
static lh_stack_id find_stack(struct lh_watch_process *p, uint32_t hash, uint32_t n)
{
	const struct lh_stack *s;

	for (uint32_t i = p->overlay->table[LH_T_STACK].base;
	     (s = lh_overlay_row(p->overlay, LH_T_STACK, i)); i++)
		if (s->hash == hash && s->n == n)
			return i;
	return 0;
}

lh_site lh_watch_site(struct lh_watch_process *p, const struct lh_stack_sample *sample)
{
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_stack s = {.n = (uint16_t)sample->n, .flags = (uint16_t)sample->flags};
	lh_stack_id id;

	if (!sample->n || !lh_watch_overlay(p))
		return 0;
	for (uint32_t i = 0; i < sample->n; i++)
		frame[i] = LH_FRAME(module_at(p, sample->pc[i] - 1), sample->pc[i]);
	s.hash = hash_of(frame, sample->n);
	id = find_stack(p, s.hash, sample->n);
	if (!id) {
		s.frame = lh_overlay_add(p->overlay, LH_T_FRAME, frame, sample->n);
		id = s.frame ? lh_overlay_add(p->overlay, LH_T_STACK, &s, 1) : 0;
	}
	return id ? LH_SITE(id, LH_BLOCKING, LH_EXCLUSIVE) : 0;
}

bool lh_watch_may_sample(const struct lh_watch_process *p)
{
	return p->samples < SAMPLES_A_ROUND;
}

void lh_watch_sample(struct lh_watch_process *p, struct lh_thread_sample *at,
		     const struct lh_live_thread *live, const struct lh_task_call *c,
		     struct lh_stack_sample *out)
{
	*out = (struct lh_stack_sample){0};
	if (!p->pid || !lh_watch_may_sample(p))
		return;
	if (!p->sampler)
		p->sampler = lh_sampler_new(p->pid);
	p->samples++;
	if (at->call.in == LH_TASK_CALL)
		lh_sleep_before_stop(p, at, live->tid, c);
	if (p->sampler)
		lh_sampler_sample(p->sampler, live->tid, c, live->stack_high, out);
	if (out->stopped_ns) {
		at->stops++;
		at->before = *c;
	}
}

/* ---- what a thread does ---- */

/* The thread, other than this one, that woke others in the futex last; 0: not known. */
static lh_thread_id waker_of(const struct lh_watch_process *p, const struct lh_live_thread *live,
			     const struct lh_lock *l)
{
	struct lh_lock_stats stats;

	if (l->thread != live->thread)
		return l->thread;
	lh_read_lock_stats(&p->ledger, l, &stats);
	return stats.other_waker;
}

static void add_futex_text(const struct lh_watch_process *p, const struct lh_live_thread *live,
			   char *out, size_t capacity)
{
	struct lh_lock l;

	switch (live->wait_on) {
	case LH_WAIT_JOIN:
		snprintf(out, capacity, "pthread_join, for the end of a thread");
		break;
	case LH_WAIT_COND:
		snprintf(out, capacity, "a condition wait");
		break;
	case LH_WAIT_BARRIER:
		snprintf(out, capacity, "a barrier wait");
		break;
	case LH_WAIT_ONCE:
		snprintf(out, capacity, "pthread_once");
		break;
	case LH_WAIT_LOCK:
	case LH_WAIT_SEM:
		if (!lh_read_lock(&p->ledger, live->wait_lock, &l))
			l = (struct lh_lock){0};
		if (l.kind == LH_FUTEX && waker_of(p, live, &l))
			snprintf(out, capacity, "a wait in a futex, where T%u woke others last",
				 waker_of(p, live, &l));
		else
			snprintf(out, capacity, "%s",
				 l.kind == LH_FUTEX ? "a wait in a futex"
				 : l.flags & LH_LOCK_SIGNAL
					 ? "sem_wait, for a post by another thread"
					 : "a wait for another lock");
		break;
	default:
		snprintf(out, capacity, "futex");
	}
}

void lh_watch_call_text(struct lh_watch_process *p, const struct lh_live_thread *live, char state,
			const struct lh_task_call *c, char *out, size_t capacity)
{
	char call[LH_NOTE_MAX - 40];

	if (state == 'T' || state == 't') {
		snprintf(out, capacity, "stopped by a signal");
	} else if (c->in == LH_TASK_RUNS) {
		snprintf(out, capacity, "computing");
	} else if (c->in == LH_TASK_FAULT) {
		snprintf(out, capacity, "waiting for memory (a page fault)");
	} else if (c->in == LH_TASK_CALL && live->wait_lock && live->wait_on &&
		   (c->nr == SYS_futex || c->nr == SYS_restart_syscall)) {
		add_futex_text(p, live, out, capacity);
	} else if (c->in == LH_TASK_CALL) {
		lh_syscall_text(p->pid, c, call, sizeof(call));
		snprintf(out, capacity, state == 'D' ? "%s, waiting for a device" : "%s", call);
	} else {
		snprintf(out, capacity, "in an unknown state");
	}
}

void lh_long_hold_adopt(struct lh_watch_process *p, uint32_t row, const struct lh_long_hold *h)
{
	lh_watch_step(p, row,
		      &(struct lh_step){.thread = h->thread,
					.lock = h->lock,
					.site = h->site,
					.action = LH_HOLDS,
					.tick = h->tick},
		      "");
}

/* ---- events for the monitor ---- */

void lh_watch_post(struct lh_watch_process *p, enum lh_watch_event_kind kind, uint32_t row,
		   const char *text)
{
	struct lh_watch *w = p->watch;
	const uint64_t one = 1;
	struct lh_watch_event *n;

	if (w->end_event == EVENTS_MAX ||
	    !lh_list_grow(&w->event, &w->event_capacity, w->end_event + 1, sizeof(*w->event)))
		return; /* the report has the finding anyway */
	n = &w->event[w->end_event++];
	*n = (struct lh_watch_event){.process = p->process, .kind = kind, .row = row};
	snprintf(n->text, sizeof(n->text), "%s", text);
	if (write(w->options.wake, &one, sizeof(one)) < 0)
		return; /* the eventfd is raised already */
}

bool lh_watch_next_event(struct lh_watch *w, struct lh_watch_event *out)
{
	bool some;

	pthread_mutex_lock(&w->mutex);
	some = w->first_event < w->end_event;
	if (some)
		*out = w->event[w->first_event++];
	if (w->first_event == w->end_event)
		w->first_event = w->end_event = 0;
	pthread_mutex_unlock(&w->mutex);
	return some;
}

struct lh_overlay *lh_watch_overlay(struct lh_watch_process *p)
{
	if (!p->overlay)
		p->ledger.overlay = p->overlay = lh_overlay_new(&p->ledger);
	return p->overlay;
}
