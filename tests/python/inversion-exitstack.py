"""Two locks in two orders, with an ExitStack, and in code that has many names.

EXPECT: lock-order inversion-exitstack.py:10 inversion-exitstack.py:11
"""
import contextlib
import threading

from steps import in_turn

a = threading.Lock()
b = threading.Lock()


def a_then_b():
    with contextlib.ExitStack() as stack:
        for lock in a, b:
            stack.enter_context(lock)


source = "def b_then_a():\n" + "".join(f"    if not a: x{n}.y{n}\n" for n in range(300)) + \
    "    b.acquire()\n    a.acquire()\n    a.release()\n    b.release()\n"
exec(source)  # after the 256th name the instruction needs a prefix for the name's number
in_turn(a_then_b, b_then_a)
