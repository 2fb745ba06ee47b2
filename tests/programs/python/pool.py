"""pool: a counting semaphore lets a number of threads in and makes the others wait.

threading.Semaphore is a number under a condition, made in Python: the library sees each wait as a
wait for a signal. So the checker cannot know the permits, and the time limit ends a deadlocked
pool. (The checker sees a semaphore of C: pool.c.)

RUN: pool.py connections
EXPECT-OUTPUT: 8 users served, at most 3 at a time

RUN: pool.py rate-limiter
EXPECT-OUTPUT: 12 requests in 3 periods, never ahead of 5 a period

RUN: pool.py printer-queue
EXPECT-OUTPUT: 6 jobs printed, at most 2 at a time

RUN: pool.py two-permits
EXPECT-OUTPUT: 3 users had two permits each

RUN: pool.py two-permits --hang
WITH: --timeout=2s
EXPECT-OUTPUT: each of 3 users holds a permit and wants another
EXPECT-HANG: yes
EXPECT-STATUS: 124

RUN: pool.py two-at-once
EXPECT-OUTPUT: 3 users had two permits each

RUN: pool.py --help
EXPECT-MATCH: usage: pool.py .*
"""
import threading
import time

from show import Meeting, Turn, main, run_threads, say

PERMITS = 3
PER_PERIOD = 5
REQUESTS = 12


class Room:
    """Counts the users inside; the first `size` meet here, so that the maximum is reached."""

    def __init__(self, size):
        self.permits = threading.Semaphore(size)
        self.lock = threading.Lock()  # guards inside, most, served
        self.inside = self.most = self.served = 0
        self.first = Meeting(size)

    def visit(self):
        with self.permits:
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.first.come()
            with self.lock:
                self.inside -= 1
                self.served += 1


def connections(_):
    room = Room(PERMITS)
    run_threads(*[room.visit] * 8)
    say(f"{room.served} users served, at most {room.most} at a time")


def printer_queue(_):
    room = Room(2)
    run_threads(*[room.visit] * 6)
    say(f"{room.served} jobs printed, at most {room.most} at a time")


def rate_limiter(_):
    permits, periods, passed, early = threading.Semaphore(0), [], [], []

    def request():
        for _ in range(REQUESTS // 4):
            permits.acquire()
            passed.append(None)
            if len(passed) > PER_PERIOD * len(periods):
                early.append(None)

    def clock():
        while len(passed) < REQUESTS:
            periods.append(None)
            permits.release(PER_PERIOD)
            time.sleep(0.01)
            while len(passed) < min(REQUESTS, PER_PERIOD * len(periods)):
                time.sleep(0)

    run_threads(clock, *[request] * 4)
    say(f"{len(passed)} requests in {len(periods)} periods, "
        f"{'sometimes' if early else 'never'} ahead of {PER_PERIOD} a period")


def two_permits(settings):
    permits, turn, all_here = threading.Semaphore(PERMITS), Turn(), Meeting(PERMITS)

    def user(me):
        if not settings.hang:
            turn.wait(me)
        with permits:
            if settings.hang:
                all_here.come()
                if me == 0:
                    say(f"each of {PERMITS} users holds a permit and wants another")
            with permits:
                pass
        turn.next()

    run_threads(*[lambda me=me: user(me) for me in range(PERMITS)])
    say(f"{len(turn.taken)} users had two permits each")


def two_at_once(_):
    permits, taking, turn = threading.Semaphore(PERMITS), threading.Lock(), Turn()

    def user():
        for _ in range(200):
            with taking:
                permits.acquire()
                permits.acquire()
            permits.release(2)
        turn.next()

    run_threads(*[user] * PERMITS)
    say(f"{len(turn.taken)} users had two permits each")


if __name__ == "__main__":
    main("a counting semaphore lets N in", {
        "connections": (connections, "3 connections, 8 users"),
        "rate-limiter": (rate_limiter, "5 requests a period"),
        "printer-queue": (printer_queue, "2 printers, 6 jobs"),
        "two-permits": (two_permits, "a user that takes a second permit (--hang)"),
        "two-at-once": (two_at_once, "the same, both taken in one step"),
    })
