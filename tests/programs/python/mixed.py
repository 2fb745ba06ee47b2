"""mixed: the counter with a lock in one function and without it in another.

The race is still there: a lock stops only threads that also acquire the lock. Both threads read 0
in their first increment, one with the lock held and one without, so an update is certainly lost.

RUN: mixed.py half-locked
EXPECT-MATCH: counter [0-9]+ of 2000000, lost [1-9][0-9]*

RUN: mixed.py locked
EXPECT-OUTPUT: counter 2000000 of 2000000, lost 0

RUN: mixed.py --help
EXPECT-MATCH: usage: mixed.py .*
"""
import threading
import time

from show import Meeting, main, run_threads, say


class Counter:
    def __init__(self, times, meet):
        self.value = 0
        self.lock = threading.Lock()
        self.times = times
        self.first = Meeting(meet)

    def read_add_write(self, first, often):
        seen = self.value
        if first:
            self.first.come()
        elif often:
            time.sleep(0)
        self.value = seen + 1

    def add_with_lock(self):
        for i in range(self.times):
            with self.lock:
                self.read_add_write(i == 0, False)

    def add_without(self):
        for i in range(self.times):
            self.read_add_write(i == 0, i % 1000 == 0)

    def report(self):
        wanted = 2 * self.times
        say(f"counter {self.value} of {wanted}, lost {wanted - self.value}")


def half_locked(settings):
    counter = Counter(settings.times, meet=2)
    run_threads(counter.add_with_lock, counter.add_without)
    counter.report()


def locked(settings):
    counter = Counter(settings.times, meet=1)  # under the lock is only one thread
    run_threads(counter.add_with_lock, counter.add_with_lock)
    counter.report()


if __name__ == "__main__":
    main("a lock in one function and not in another", {
        "half-locked": (half_locked, "one function locks, the other does not: updates are lost"),
        "locked": (locked, "both lock"),
    }, times=1000000)
