"""Conditions: waits that are notified, waits that time out, and waits under another lock of both threads.

EXPECT: nothing
"""
import collections
import threading

items = collections.deque()
changed = threading.Condition(threading.Lock())
other = threading.Condition()


def consumer():
    for _ in range(20):
        with changed:
            while not items:
                changed.wait()
            items.popleft()


def impatient():
    for _ in range(20):
        with other:
            other.wait(timeout=0.001)


def producer():
    for _ in range(40):
        with changed:
            items.append(1)
            changed.notify()
        with other:
            other.notify_all()


bodies = consumer, consumer, impatient, impatient, producer
threads = [threading.Thread(target=body) for body in bodies]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
