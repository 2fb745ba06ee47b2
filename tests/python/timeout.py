"""Two orders, but the second lock is acquired with a time limit; free, and held.

EXPECT: nothing
"""
import threading

from steps import in_turn

a = threading.Lock()
b = threading.RLock()


def take(first, second):
    with first:
        if second.acquire(timeout=0.01):
            second.release()


def take_held(first, second):
    """Runs in another thread than the owner, so that the wait times out."""
    with second:
        thread = threading.Thread(target=take, args=(first, second))
        thread.start()
        thread.join()


in_turn(lambda: take(a, b), lambda: take(b, a), lambda: take_held(a, b))
