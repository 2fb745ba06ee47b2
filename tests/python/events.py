"""Events, barriers, semaphores and timers, with a lock around some of them.

EXPECT: nothing
"""
import threading

lock = threading.Lock()
go, gone = threading.Event(), threading.Event()
barrier = threading.Barrier(3)
permits = threading.BoundedSemaphore(2)


def worker():
    go.wait()
    for _ in range(5):
        barrier.wait()
        with permits, lock:
            pass
        with lock:
            go.is_set()
    gone.wait(timeout=0.001)


threads = [threading.Thread(target=worker) for _ in range(3)]
for thread in threads:
    thread.start()
with lock:
    go.set()
timer = threading.Timer(0.001, gone.set)
timer.start()
for thread in threads:
    thread.join()
gone.wait()
timer.join()
