"""Two threads acquire two locks in one order.

EXPECT: nothing
"""
import threading

from steps import in_turn

locks = [threading.Lock() for _ in range(5)]


def take(*numbers):
    ordered = sorted(numbers)
    for n in ordered:
        locks[n].acquire()
    for n in reversed(ordered):
        locks[n].release()


in_turn(lambda: take(0, 3, 1), lambda: take(4, 2, 0), lambda: take(3, 1, 4))
