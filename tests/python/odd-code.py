"""Code made at run time, in files of odd names, deep recursion, generators, tracing, signals.

EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT: lock-order odd-code.py:21 odd-code.py:22
EXPECT-FRAME: take größe.py:6
EXPECT-FRAME: take 漢字.py:6
EXPECT-FRAME: take 😀.py:6
"""
import signal
import sys
import threading

from steps import in_turn

locks = (
    threading.Lock(),
    threading.Lock())


def made(name):
    scope = {}
    exec(compile("\n\n\ndef take(a, b):\n    with a:\n        with b: pass\n", name, "exec"), scope)
    return scope["take"]


def deep(n, body):
    return body() if n == 0 else deep(n - 1, body)


def generator(lock):
    with lock:
        yield 1


def handler(number, frame):
    with locks[0]:
        pass


def first():
    for name in "größe.py", "漢字.py", "😀.py", "x" * 3000, "", "a\nb", "\udc80.py":
        made(name)(*locks)


def second():
    for n in range(0, 500, 7):
        deep(n, lambda: [None for _ in generator(locks[1])])
    signal.raise_signal(signal.SIGUSR1)


def third():
    sys.settrace(lambda *_: None)
    deep(40, lambda: made("größe.py")(*reversed(locks)))
    sys.settrace(None)


signal.signal(signal.SIGUSR1, handler)
in_turn(first, second, third) if threading.current_thread() is not threading.main_thread() else None
signal.raise_signal(signal.SIGUSR1)
in_turn(first, lambda: None, third)
