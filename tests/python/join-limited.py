"""The same with a limit of time, and a look whether it lives: neither waits for ever.

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
