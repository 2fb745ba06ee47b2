/* absl.cc — the locks of Abseil, which wait in a word of the thread; see run for the modes. */
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>

#include "modes.h"

struct Lock {
	absl::Mutex mutex;
	void lock() { mutex.Lock(); }
	void unlock() { mutex.Unlock(); }
};
static Lock a, b;
static absl::Mutex m;
static bool ready;

static void right()
{
	m.Lock();
	waits([] { absl::MutexLock lock(&m); }, [] { m.Unlock(); });
	waits([] { absl::MutexLock lock(&m); m.Await(absl::Condition(&ready)); },
	      [] { absl::MutexLock lock(&m); ready = true; });
	absl::Notification told;
	waits([&] { told.WaitForNotification(); }, [&] { told.Notify(); });
}

int main(int argc, char **argv)
{
	absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); /* it would abort */
	return run(argc > 1 ? argv[1] : "right", a, b, right);
}
