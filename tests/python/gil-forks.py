"""fork while other threads give the GIL back and ask for it again; the child begins with a new GIL.

No thread may begin or end at the fork: CPython's lock of its thread states would stay locked in the child.

EXPECT: nothing
"""
import os
import threading
import time

from steps import in_turn

over = []


def calls():
    while not over:
        time.sleep(0)
        sum(range(100))


threads = [threading.Thread(target=calls) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        over.append(None)
        in_turn(lambda: sum(range(100)), lambda: None)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
over.append(None)
for thread in threads:
    thread.join()
