"""Two orders, and in each of them a thread waited for its second lock.

EXPECT: lock-order inversion-met.py:13 inversion-met.py:14
EXPECT-WAITED: lock-order inversion-met.py:13 inversion-met.py:14
EXPECT-LOCK: a
EXPECT-LOCK: b
"""
import threading
import time

from steps import in_turn

a = threading.Lock()
b = threading.Lock()


def take(first, second):
    with first:
        with second:
            pass


def waits(thread):
    """Does the thread sleep? It holds its first lock then, and waits for nothing but its second."""
    with open(f"/proc/self/task/{thread.native_id}/wchan", encoding="ascii") as file:
        return file.read().startswith("futex")


def met(first, second):
    """Another thread waits for `second`, which this thread holds until then."""
    with second:
        thread = threading.Thread(target=take, args=(first, second))
        thread.start()
        while not first.locked() or not waits(thread):
            time.sleep(0.001)


in_turn(lambda: met(a, b), lambda: met(b, a))
