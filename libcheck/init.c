/*
 * init.c — start and end of the library: the only file that knows their order.
 *
 * Start: options, originals, private memory, the ledger, the tables, the main thread's live-thread
 * row, and last LH_LEDGER_READY, the handshake with the front end. If a step fails, the library
 * gives up: calls pass through unrecorded, and the front end sees no handshake.
 *
 * End: recording continues. Destructors of other libraries and late threads still make calls, and
 * these are recorded like any others.
 */
#include "libcheck/ledger/own_ledger.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/base/options.h"
#include "libcheck/base/origin.h"
#include "libcheck/report/stderr_report.h"
#include "libcheck/base/outside.h"
#include "libcheck/base/real.h"
#include "libcheck/delay/delay.h"
#include "libcheck/interpose/lock_api.h"
#include "libcheck/lock/lock_state.h"
#include "libcheck/base/text.h"
#include "libcheck/events/events.h"
#include "libcheck/stack/walk.h"
#include "libcheck/steer/pause.h"

#include <sys/resource.h>
#include <sys/syscall.h>

/* Describes the process in the new ledger and starts the tables. False: the library gives up. */
static bool start_ledger(void)
{
	struct lh_ledger *l = lh_own_ledger.ledger;

	l->pid = lh_sys_pid();
	l->parent = (int)lh_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
	if (lh_own_ledger.parent_ledger)
		__builtin_memcpy(l->exe, lh_own_ledger.parent_ledger->exe, sizeof(l->exe));
	else
		lh_sys_readlink("/proc/self/exe", l->exe, sizeof(l->exe));
	lh_sys_thread_name(l->comm);
	l->tag_off = !lh_options.words;
	if (lh_private_init() && lh_stack_init() && lh_lock_init() && lh_thread_init() &&
	    lh_chain_init() && lh_handler_init() && lh_events_init())
		return true;
	lh_own_ledger.no_room = true;
	return false;
}

static void describe_command(struct lh_ledger *l, int argc, char **argv)
{
	struct lh_text t = LH_TEXT(l->command);

	for (int i = 0; i < argc && argv; i++) {
		if (i)
			lh_text_char(&t, ' ');
		lh_text_safe(&t, argv[i]);
	}
}

/* True if the options `only` and `skip` select this program. */
static bool wanted(void)
{
	char exe[LH_PATH_MAX];

	if (!lh_options.only[0] && !lh_options.skip[0])
		return true;
	lh_sys_readlink("/proc/self/exe", exe, sizeof(exe));
	const char *name = lh_text_base(exe);
	return (!lh_options.only[0] || lh_text_match(lh_options.only, name)) &&
	       !(lh_options.skip[0] && lh_text_match(lh_options.skip, name));
}

static void start(struct lh_ledger *l)
{
	uint64_t now = lh_clock_now();

	if (!l->watched_from_ns)
		l->watched_from_ns = now;
	l->start_wall_ns = lh_sys_wall() - (now - l->watched_from_ns);
	__atomic_store_n(&l->state, LH_LEDGER_READY, __ATOMIC_RELEASE);
	lh_monitor_wake();
}

/* A slot of the run file; without a front end a ledger of its own. */
static bool make_ledger(void)
{
	if (lh_options.run[0])
		return lh_own_ledger_open_slot();
	if (!lh_own_ledger.parent_ledger && lh_own_ledger_create_file(lh_options.ledger))
		return true;
	/* another user may have put files under all the names: findings go to stderr at least */
	return (lh_own_ledger.parent_ledger || !lh_sys_seccomp_at_start()) &&
	       lh_own_ledger_create_anonymous();
}

/*
 * In a forked child, where all private memory reads as zero. The child gets its own ledger, unless
 * a seccomp filter might kill it for opening a file; then its calls pass through unrecorded.
 */
static bool rearm(uintptr_t frame)
{
	struct lh_ledger *parents = lh_own_ledger.ledger;

	lh_own_ledger.parent_ledger = parents;
	__builtin_memcpy(lh_own_ledger.parent_mapped, lh_own_ledger.mapped,
			 sizeof(lh_own_ledger.mapped));
	lh_own_ledger.ledger = NULL;
	if (!lh_options.children)
		return false;
	lh_private_reset();
	if (lh_sys_seccomp_active() || !make_ledger() || !start_ledger()) {
		lh_own_ledger_give_up();
		return false;
	}
	struct lh_ledger *l = lh_own_ledger.ledger;
	l->flags |= LH_LEDGER_FORKED;
	l->fork_pid = parents->pid;
	l->fork_slot = parents->slot;
	__builtin_memcpy(l->command, parents->command, sizeof(l->command));
	l->origin = parents->origin;
	l->shake = parents->shake;
	lh_stderr_report_forked();
	bool is_recorded = lh_on_fork_child(frame);
	lh_pause_init();
	start(l);
	return is_recorded;
}

/* glibc's pthread_atfork is static and calls this function. Weak: other C libraries lack it. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *)
	__attribute__((weak));
extern int clock_gettime(clockid_t, struct timespec *);

/* A child that gets no ledger under a filter is not counted before its first event: it may exec. */
static void start_in_child(void)
{
	struct lh_self *self =
		lh_sys_seccomp_active() ? NULL : lh_enter((uintptr_t)__builtin_frame_address(0));

	if (self)
		lh_leave(self);
}

static void give_up(void)
{
	char comm[LH_NAME_MAX];

	lh_own_ledger_remove(); /* without rows, the file says nothing */
	lh_own_ledger_give_up();
	lh_own_ledger_unmap();
	lh_sys_thread_name(comm);
	if (!lh_options.run[0] && lh_options.report == LH_REPORT_STDERR && lh_own_ledger.no_room)
		lh_stderr_report_no_room(comm);
}

__attribute__((constructor)) static void on_load(int argc, char **argv, char **environment)
{
	uintptr_t low, high, frame = (uintptr_t)__builtin_frame_address(0);

	/* another C library passes no arguments to constructors, and we cannot read its locks */
	if (!__register_atfork)
		return;
	lh_options_read(environment);
	lh_real_resolve();
	lh_sys_seccomp_init();
	lh_outside_init();
	lh_lock_state_init();
	lh_sys_clock_init(clock_gettime);
	if (!wanted())
		return;
	lh_stderr_report_init();
	if (!make_ledger() || !start_ledger()) {
		give_up();
		return;
	}
	describe_command(lh_own_ledger.ledger, argc, argv);
	lh_origin_read(&lh_own_ledger.ledger->origin, argc, argv, environment);
	if (lh_options.unwinder == LH_UNWINDER_LIBUNWIND && !lh_unwind_init())
		lh_options.unwinder = LH_UNWINDER_CFI;
	lh_thread_default_stack(lh_sys_limit(RLIMIT_STACK));
	lh_thread_stack_bounds(frame, 0, &low, &high);
	struct lh_self *self = lh_live_thread_attach(0, low, high);
	if (self) {
		struct lh_thread *thread = &LH_THREADS[self->live_saved->thread];
		thread->flags |= LH_THREAD_MAIN;
		__builtin_memcpy(thread->name, lh_own_ledger.ledger->comm, LH_NAME_MAX);
	}
	lh_delay_init();
	lh_pause_init();
	lh_mask_read();
	lh_thread_after_fork = rearm;
	__register_atfork(lh_on_fork_prepare, lh_on_fork_parent, start_in_child, NULL);
	lh_lock_api_start();
	start(lh_own_ledger.ledger);
}

/* False in a forked child that made no call and so still has its parent's ledger. Under a seccomp
 * filter getpid may not be called; there the child's wiped private memory shows it. */
static bool is_ours(const struct lh_ledger *l)
{
	return lh_sys_seccomp_seen() ? lh_self_get()->live_saved != NULL : l->pid == lh_sys_pid();
}

__attribute__((destructor)) static void on_unload(void)
{
	struct lh_ledger *l = lh_own_ledger.ledger;

	if (!l || !is_ours(l))
		return;
	lh_events_end();
	l->end_ns = lh_clock_now();
	__atomic_store_n(&l->state, LH_LEDGER_ENDED, __ATOMIC_RELEASE);
	if (!(l->flags & LH_LEDGER_STANDALONE))
		return;
	if (lh_options.report == LH_REPORT_STDERR)
		lh_stderr_report_end();
	if (lh_options.report == LH_REPORT_STDERR)
		lh_lock_api_report();
	if (lh_rows_used(LH_T_FINDING) <= 1 && !lh_options.ledger[0])
		lh_own_ledger_remove();
}
