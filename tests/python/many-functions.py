"""Ten thousand functions, each of which acquires a lock: the names of the last ones are known too.

EXPECT: lock-order many-functions.py:16 many-functions.py:17
EXPECT-WAITED: nothing
EXPECT-FRAME: way_9998 many-functions.py:21
EXPECT-FRAME: way_9999 many-functions.py:21
EXPECT-LOCK: first
EXPECT-LOCK: second
"""
import threading

from steps import in_turn

FUNCTIONS = 10000

first = threading.Lock()
second = threading.Lock()

SOURCE = "\n" * 18 + """
def {name}(outer, inner):
    with outer, inner: pass
"""


def make(number):
    """A function whose code is at lines 20 and 21 of this file, for all that a tool can tell."""
    functions = {}
    exec(compile(SOURCE.format(name=f"way_{number}"), __file__, "exec"), functions)
    return functions[f"way_{number}"]


ways = [make(number) for number in range(FUNCTIONS)]


def one_way():
    for way in ways[:-2]:
        way(first, threading.Lock())
    ways[-2](first, second)


def other_way():
    ways[-1](second, first)


in_turn(one_way, other_way)
