/*
 * foreign_lock.c — which lock is behind a futex word: by the functions between the program's own
 * code and the wait. The outermost function that has a row tells: a channel of Rust waits in a
 * thread's parker, a barrier in a condition.
 */
#include "tools/report/report_internal.h"

#include <string.h>

static const struct {
	const char *part, *and; /* both in the function's name, before its parameters */
	const char *text;
} known[] = {
	{"std::counting_semaphore", "", "std::counting_semaphore"},
	{"std::__atomic_semaphore", "", "std::counting_semaphore"},
	{"std::latch", "", "std::latch"},
	{"std::barrier", "<", "std::barrier"},
	{"std::__tree_barrier", "", "std::barrier"},
	{"std::__atomic_futex_unsigned", "", "std::future"},
	{"std::__future_base", "", "std::future"},
	{"std::future", "<", "std::future"},
	{"std::atomic", "wait", "std::atomic::wait"},
	{"std::__atomic", "wait", "std::atomic::wait"},
	{"std::sync::", "::Mutex", "Rust Mutex"},
	{"std::sys", "::Mutex::", "Rust Mutex"},
	{"std::sync::", "::RwLock", "Rust RwLock"},
	{"std::sys", "::RwLock::", "Rust RwLock"},
	{"std::sync::", "::Condvar", "Rust Condvar"},
	{"std::sys", "::Condvar::", "Rust Condvar"},
	{"std::sync::mpsc::", "", "Rust channel"},
	{"std::sync::barrier::", "", "Rust Barrier"},
	{"std::sync::once", "", "Rust Once"},
	{"std::thread::park", "", "Rust thread parker"},
	{"std::thread::scoped::", "", "Rust scope"},
	/* of Rust's newer mangling, which is shown as it is */
	{"3std3sys", "5Mutex14lock_contended", "Rust Mutex"},
	{"3std3sys", "6RwLock", "Rust RwLock"},
	{"3std3sys", "7Condvar", "Rust Condvar"},
	{"3std4sync", "7Barrier4wait", "Rust Barrier"},
	{"3std4sync", "4mpmc", "Rust channel"},
	{"3std6thread", "4park", "Rust thread parker"},
	{"parking_lot::raw_mutex", "", "parking_lot Mutex"},
	{"parking_lot::raw_rwlock", "", "parking_lot RwLock"},
	{"parking_lot::condvar", "", "parking_lot Condvar"},
	{"QBasicMutex::", "", "QMutex"},
	{"QMutex::", "", "QMutex"},
	{"QRecursiveMutex::", "", "QRecursiveMutex"},
	{"QReadWriteLock", "::", "QReadWriteLock"},
	{"QSemaphore::", "", "QSemaphore"},
	{"g_mutex_lock", "",
	 "GMutex"}, /* of libglib itself: a call of the program's is its own kind */
	{"g_cond_wait", "", "GCond"},
	{"g_async_queue_", "", "GAsyncQueue"},
	{"absl::", "::Mutex::", "absl::Mutex"},
	{"absl::", "::CondVar::", "absl::CondVar"},
	{"absl::", "::Notification::", "absl::Notification"},
	{"absl::", "::BlockingCounter::", "absl::BlockingCounter"},
	{"absl::", "::Barrier::", "absl::Barrier"},
	{"absl::", "::SpinLock", "absl SpinLock"},
};

static const char *behind(const char *function)
{
	size_t n = strcspn(function, "(");
	char name[256];

	if (n >= sizeof(name))
		n = sizeof(name) - 1;
	memcpy(name, function, n);
	name[n] = '\0';
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *at = strstr(name, known[i].part);

		if (at && strstr(at, known[i].and))
			return known[i].text;
	}
	return NULL;
}

const char *lh_report_foreign_lock(const struct lh_report_stack *t)
{
	const char *text = NULL;

	for (uint32_t i = 0; t && i < t->n; i++) {
		const struct lh_report_frame *f = &t->frame[i];
		const char *found = f->function ? behind(f->function) : NULL;

		if (!f->system)
			break; /* the program's own code, and what called that */
		if (found)
			text = found;
	}
	return text;
}
