"""Daemon threads that have the mutex, the GIL, or wait for one of them, when the interpreter ends.

None of them is a thread of C: CPython ends such a thread by a fault if it asks for the GIL after the end.

EXPECT: nothing
"""
import sys
import threading
import time

import gil_locks

sys.setswitchinterval(0.0001)


def calls():
    while True:
        gil_locks.without_gil()


def computes():
    while True:
        sum(range(50))


for body in calls, computes, calls:
    threading.Thread(target=body, daemon=True).start()
time.sleep(0.03)
