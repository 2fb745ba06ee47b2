# Two locks of Python in two orders.
# CAN: nothing orders the threads.
import threading
import time

a, b = threading.Lock(), threading.Lock()


def a_b():
    with a:
        with b:
            pass


def b_a():
    time.sleep(0.01)
    with b:
        with a:
            pass


threads = [threading.Thread(target=f) for f in (a_b, b_a)]
for t in threads:
    t.start()
for t in threads:
    t.join()
