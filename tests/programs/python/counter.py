"""counter: several threads add one to the same number.

`value += 1` is three steps in Python too: read, add, write, and another thread may run in
between. Whether an interpreter switches threads at that point depends on its version, so
in the first increment all threads read before any writes, which certainly loses threads - 1
updates, and every thousandth increment lets other threads run.
Python has no atomic addition and no compare-and-swap: a lock, or one cell a thread.

RUN: counter.py unsafe
EXPECT-MATCH: unsafe: [0-9]+ of 2000000, lost [1-9][0-9]*

RUN: counter.py unsafe --threads 4
EXPECT-MATCH: unsafe: [0-9]+ of 4000000, lost [1-9][0-9]*

RUN: counter.py mutex
EXPECT-OUTPUT: mutex: 2000000 of 2000000, lost 0

RUN: counter.py mutex --threads 4
EXPECT-OUTPUT: mutex: 4000000 of 4000000, lost 0

RUN: counter.py isolated
EXPECT-OUTPUT: isolated: 2000000 of 2000000, lost 0

RUN: counter.py isolated --threads 4
EXPECT-OUTPUT: isolated: 4000000 of 4000000, lost 0

RUN: counter.py table --times 100000
EXPECT-MATCH: unsafe +no, lost [1-9][0-9]* +[0-9]+ ns -> [0-9]+ ns
EXPECT-MATCH: mutex +yes +[0-9]+ ns -> [0-9]+ ns
EXPECT-MATCH: isolated +yes +[0-9]+ ns -> [0-9]+ ns

RUN: counter.py --help
EXPECT-MATCH: usage: counter.py .*
"""
import threading
import time

from show import Meeting, main, run_threads, say


class Counter:
    def __init__(self, threads):
        self.value = 0
        self.lock = threading.Lock()
        self.cells = [0] * threads
        self.first = Meeting(threads)

    def unsafe(self, _, times):
        for i in range(times):
            seen = self.value
            if i == 0:
                self.first.come()
            elif i % 1000 == 0:
                time.sleep(0)
            self.value = seen + 1

    def mutex(self, _, times):
        for _ in range(times):
            with self.lock:
                self.value += 1

    def isolated(self, me, times):
        for _ in range(times):
            self.cells[me] += 1

    def total(self):
        return self.value + sum(self.cells)


def measure(name, threads, times):
    """The result, what it should be, and the nanoseconds of one increment of one thread."""
    counter = Counter(threads)
    add = getattr(counter, name)
    start = time.monotonic()
    run_threads(*[lambda me=me: add(me, times) for me in range(threads)])
    return counter.total(), threads * times, (time.monotonic() - start) * 1e9 / times


def one(name):
    def run(settings):
        got, wanted, _ = measure(name, settings.threads, settings.times)
        say(f"{name}: {got} of {wanted}, lost {wanted - got}")
    return run


def table(settings):
    say(f"{settings.threads} threads, {settings.times} increments each")
    say(f"{'approach':10} {'correct':18} cost alone -> together")
    for name in "unsafe", "mutex", "isolated":
        alone = measure(name, 1, settings.times)[2]
        got, wanted, together = measure(name, settings.threads, settings.times)
        correct = "yes" if got == wanted else f"no, lost {wanted - got}"
        say(f"{name:10} {correct:18} {alone:.0f} ns -> {together:.0f} ns")


if __name__ == "__main__":
    main("several threads add one to the same number", {
        "unsafe": (one("unsafe"), "read, add, write as three steps: loses updates"),
        "mutex": (one("mutex"), "the three steps under a lock"),
        "isolated": (one("isolated"), "one cell a thread, summed at the end"),
        "table": (table, "all of them: correct, cost, as measured here"),
    }, times=1000000)
