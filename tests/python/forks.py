"""fork in a program of several threads; the child starts its own threads.

EXPECT: nothing
"""
import os
import threading

from steps import in_turn

lock = threading.Lock()
stop = threading.Event()


def work():
    with lock:
        pass


def idle():
    with lock:
        pass
    stop.wait()


thread = threading.Thread(target=idle)
thread.start()
for _ in range(3):
    with lock:
        pid = os.fork()
    if pid == 0:
        in_turn(work, work)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
stop.set()
thread.join()
