"""Two orders, but one thread has ended before the other begins.

EXPECT: nothing
"""
import threading

a = threading.Lock()
b = threading.Lock()


def take(first, second):
    with first:
        with second:
            pass


for pair in (a, b), (b, a):
    thread = threading.Thread(target=take, args=pair)
    thread.start()
    thread.join()
