"""A deadlock of the GIL and a mutex of an extension, or of nothing; prints "ready" just before it."""
import sys
import threading
import time

import gil_locks


def with_table():
    gil_locks.meet_with_table()


def with_gil():
    print("ready", flush=True)
    gil_locks.meet_with_gil()


def computes():
    print("ready", flush=True)
    while True:
        sum(range(1000))


if sys.argv[1:] == ["busy"]:
    bodies = computes, computes
else:
    bodies = with_table, with_gil
for body in bodies:
    threading.Thread(target=body, daemon=True).start()
time.sleep(60)
