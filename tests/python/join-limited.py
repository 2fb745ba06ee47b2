"""A join with a time limit, and is_alive(), under a lock that the thread acquires: neither hangs.

EXPECT: nothing
"""
import threading

from steps import done, wait_for

lock = threading.Lock()


def worker():
    with lock:
        done()


thread = threading.Thread(target=worker)
thread.start()
wait_for(1)
with lock:
    thread.join(timeout=10)
    thread.is_alive()
