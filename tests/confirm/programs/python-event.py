# A thread waits for an Event that the other one sets.
# CANNOT: it is set after the locks are released.
# NEAR CAN: it is set between the two locks.
import sys
import threading
import time

a, b, ready = threading.Lock(), threading.Lock(), threading.Event()
near = sys.argv[1:] == ["near"]


def first():
    time.sleep(0.002)
    with a:
        if near:
            ready.set()
        with b:
            pass
    ready.set()


def second():
    ready.wait()
    time.sleep(0.005)
    with b:
        with a:
            pass


threads = [threading.Thread(target=f) for f in (first, second)]
for t in threads:
    t.start()
for t in threads:
    t.join()
