"""items: a producer and two consumers on a condition, 5 items: right, and in wrong ways.

Not called queue.py, because a script's folder comes before the library's on the search path.

threading.Condition refuses to wait or notify without its lock, so two of the mistakes that
queue.c shows cannot be made here: the interpreter says so at once.

RUN: items.py right
EXPECT-OUTPUT: consumed 5 items, sum 15
EXPECT-OUTPUT: took from an empty queue: never

RUN: items.py if
EXPECT-OUTPUT: took from an empty queue: yes

RUN: items.py notify-outside
EXPECT-OUTPUT: refused: cannot notify on un-acquired lock

RUN: items.py wait-unlocked
EXPECT-OUTPUT: refused: cannot wait on un-acquired lock

RUN: items.py lost-signal
EXPECT-OUTPUT: signalled
EXPECT-OUTPUT: waited 100 ms: the signal was lost

RUN: items.py lost-signal --hang
WITH: --timeout=2s
EXPECT-OUTPUT: signalled
EXPECT-HANG: yes
EXPECT-STATUS: 124

RUN: items.py event
EXPECT-OUTPUT: 3 threads saw the event
EXPECT-OUTPUT: one that came late did not wait

RUN: items.py --help
EXPECT-MATCH: usage: items.py .*
"""
import threading
import time

from show import Turn, main, run_threads, say

ITEMS = 5
CONSUMERS = 2


class Queue:
    def __init__(self, test_again):
        self.changed = threading.Condition(threading.Lock())
        self.test_again = test_again
        self.items, self.taken = [], []
        self.done = False
        self.mistakes = self.waits = 0

    def _wait(self):
        self.waits += 1
        self.changed.wait()

    def _take(self):
        if self.items:
            self.taken.append(self.items.pop(0))
        elif not self.done:
            self.mistakes += 1

    def consume(self):
        with self.changed:
            while self.items or not self.done:
                if self.test_again:
                    while not self.items and not self.done:
                        self._wait()
                elif not self.items and not self.done:
                    self._wait()
                self._take()

    def put(self, item, wake_all=False):
        with self.changed:
            self.items.append(item)
            if wake_all:
                self.changed.notify_all()
            else:
                self.changed.notify()

    def _until_waits(self, n):
        seen = 0
        while seen < n:
            time.sleep(0)
            with self.changed:
                seen = self.waits

    def produce(self):
        """Both consumers wait; the first item wakes both; the rest comes when both wait again."""
        self._until_waits(CONSUMERS)
        self.put(1, wake_all=True)
        self._until_waits(2 * CONSUMERS)
        for item in range(2, ITEMS + 1):
            self.put(item)
        with self.changed:
            self.done = True
            self.changed.notify_all()


def five_items(test_again):
    queue = Queue(test_again)
    run_threads(queue.produce, *[queue.consume] * CONSUMERS)
    say(f"consumed {len(queue.taken)} items, sum {sum(queue.taken)}")
    say(f"took from an empty queue: {'yes' if queue.mistakes else 'never'}")


def refused(call):
    try:
        call()
    except RuntimeError as error:
        say(f"refused: {error}")


def lost_signal(settings):
    changed, turn = threading.Condition(threading.Lock()), Turn()

    def blind_consumer():
        turn.wait(1)  # comes after the signal
        with changed:
            if not changed.wait(None if settings.hang else 0.1):
                say("waited 100 ms: the signal was lost")

    def signaller():
        with changed:
            changed.notify()
        say("signalled")
        turn.next()

    run_threads(blind_consumer, signaller)


def event(_):
    opened, went_on = threading.Event(), []

    def wait():
        opened.wait()
        went_on.append(None)

    run_threads(opened.set, wait, wait, wait)
    say(f"{len(went_on)} threads saw the event")
    opened.wait()
    say("one that came late did not wait")


if __name__ == "__main__":
    main("a producer and consumers on a condition", {
        "right": (lambda s: five_items(True), "tests again after each wake-up: while"),
        "if": (lambda s: five_items(False), "tests once: takes from an empty queue"),
        "notify-outside": (lambda s: refused(threading.Condition().notify),
                           "signals without the lock: refused"),
        "wait-unlocked": (lambda s: refused(threading.Condition().wait),
                          "waits without the lock: refused"),
        "lost-signal": (lost_signal, "waits without a test: the signal came before (--hang)"),
        "event": (event, "one-way signalling that cannot be missed"),
    })
