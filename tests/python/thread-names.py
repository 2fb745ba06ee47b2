"""Threads have the names that the program gives them: also one with a class of its own, and one whose attributes are
in a dictionary. A name that Python makes up, "Thread-1 (run)", says nothing.

EXPECT: lock-order thread-names.py:18 thread-names.py:19
EXPECT: lock-order thread-names.py:18 thread-names.py:19
EXPECT: lock-order thread-names.py:18 thread-names.py:19
EXPECT-TEXT: T2 'pay-bob'
EXPECT-TEXT: T3 'bücher'
EXPECT-TEXT: T4 '...worker-0015'
EXPECT-TEXT: T5 'in a dict'
EXPECT-TEXT: T6 (
"""
import threading

from steps import done, wait_for

FUNCTIONS = 3
a = [threading.Lock() for _ in range(FUNCTIONS)]
b = [threading.Lock() for _ in range(FUNCTIONS)]


def names(number):
    """A function of its own name for each pair of threads, so that each pair is a finding of its own."""
    scope = {}
    exec(f"def take_{number}(a, b):\n    with a, b: pass\n", scope)
    return scope[f"take_{number}"]


def work(number, take, first, second):
    wait_for(number)
    take(first, second)
    done()
    wait_for(2 * FUNCTIONS)


class Worker(threading.Thread):
    def __init__(self, *args, name=None):
        self.args = args
        super().__init__(name=name)

    def run(self):
        work(*self.args)


takes = [names(number) for number in range(FUNCTIONS)]
threads = [threading.Thread(target=work, args=(0, takes[0], a[0], b[0]), name="pay-bob"),
           Worker(1, takes[0], b[0], a[0], name="bücher"),
           Worker(2, takes[1], a[1], b[1], name="a-long-name-of-worker-0015"),
           Worker(3, takes[1], b[1], a[1]),
           Worker(4, takes[2], a[2], b[2]),
           Worker(5, takes[2], b[2], a[2])]
vars(threads[3])["name of the dictionary"] = 1
threads[3].name = "in a dict"
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
