"""Joins a thread while holding a lock that the thread acquires.

EXPECT: lock-order join-under.py:11 *
EXPECT-FRAME: main join-under.py:24
EXPECT-FRAME: worker join-under.py:15
"""
import threading

from steps import done, wait_for

lock = threading.Lock()


def worker():
    with lock:
        done()


def main():
    thread = threading.Thread(target=worker)
    thread.start()
    wait_for(1)
    with lock:
        thread.join()


main()
