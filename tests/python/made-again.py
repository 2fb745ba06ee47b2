"""Code that is made again and again, from two places of a file: code lies where other code was freed.

EXPECT: lock-order made-again.py:13 made-again.py:14
EXPECT-FRAME: take made.py:8
EXPECT-FRAME: take made.py:9
EXPECT-NO-FRAME: take made.py:3
"""
import threading

from steps import in_turn

locks = (
    threading.Lock(),
    threading.Lock())


def make(line):
    scope = {}
    source = "\n" * (line - 1) + "def take(a, b):\n    with a:\n        with b: pass\n"
    exec(compile(source, "made.py", "exec"), scope)
    return scope["take"]


def take_with_second(a, b):
    """The second code, which lies where the first lay."""
    freed = set()
    for _ in range(10000):
        take = make(1)
        take(threading.Lock(), threading.Lock())
        freed.add(id(take.__code__))
        del take
        take = make(7)
        if id(take.__code__) in freed:
            return take(a, b)
        del take
    raise AssertionError("no code lies where other code was")


in_turn(
    lambda: take_with_second(*locks),
    lambda: take_with_second(*reversed(locks)))
