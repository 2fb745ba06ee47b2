# A consumer takes an item from a Queue that the producer puts.
# CANNOT: it is put after the locks are released.
# NEAR CAN: a second producer puts one as well.
import queue
import sys
import threading
import time

a, b, items = threading.Lock(), threading.Lock(), queue.Queue()


def produce():
    time.sleep(0.004)
    with a:
        with b:
            pass
    items.put(1)


def other_produce():
    time.sleep(0.006)
    items.put(2)


def consume():
    items.get()
    time.sleep(0.006)
    with b:
        with a:
            pass


functions = [produce, consume] + ([other_produce] if sys.argv[1:] == ["near"] else [])
threads = [threading.Thread(target=f) for f in functions]
for t in threads:
    t.start()
for t in threads:
    t.join()
