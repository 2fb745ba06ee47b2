"""Daemon threads that hold locks, wait, and run calls when the interpreter ends.

EXPECT: nothing
"""
import threading
import time

lock, never = threading.Lock(), threading.Lock()
never.acquire()


def busy():
    while True:
        with lock:
            pass


def slow():
    while True:
        with lock:
            time.sleep(0.0001)


def stuck():
    never.acquire()


for body in busy, slow, stuck, busy:
    threading.Thread(target=body, daemon=True).start()
time.sleep(0.02)
