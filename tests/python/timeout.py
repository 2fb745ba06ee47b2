"""Two orders, and every second lock is asked for with a limit of time; free, and not free.

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
    """In another thread than the one that holds it, so that it times out."""
    with second:
        thread = threading.Thread(target=take, args=(first, second))
        thread.start()
        thread.join()


in_turn(lambda: take(a, b), lambda: take(b, a), lambda: take_held(a, b))
