/* qt.cc — the locks of Qt; see run for the modes. */
#include <QMutex>
#include <QReadWriteLock>
#include <QSemaphore>
#include <QWaitCondition>

#include "modes.h"

static QMutex a, b, m;
static QReadWriteLock rw;
static QSemaphore semaphore;
static QWaitCondition condition;
static bool ready;

static void right()
{
	m.lock();
	waits([] { m.lock(); m.unlock(); }, [] { m.unlock(); });
	semaphore.release(0);
	waits([] { semaphore.acquire(); }, [] { semaphore.release(); });
	rw.lockForWrite(); /* a contended one waits on a condition of pthread */
	waits([] { rw.lockForRead(); rw.unlock(); }, [] { rw.unlock(); });
	waits([] { m.lock(); while (!ready) condition.wait(&m); m.unlock(); },
	      [] { m.lock(); ready = true; condition.wakeAll(); m.unlock(); });
}

int main(int argc, char **argv)
{
	return run(argc > 1 ? argv[1] : "right", a, b, right);
}
