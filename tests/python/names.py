"""Locks have the names that the source gives them: attributes, variables, elements, members of what holds them.

EXPECT: nothing
EXPECT-LOCK: Account._locks[]
EXPECT-LOCK: Account.a
EXPECT-LOCK: Account.by[]
EXPECT-LOCK: Account.cached()
EXPECT-LOCK: Account.jobs.mutex
EXPECT-LOCK: Account.locals.inline
EXPECT-LOCK: Account.locals.mine
EXPECT-LOCK: Account.lock
EXPECT-LOCK: Account.of_class
EXPECT-LOCK: Account.optional
EXPECT-LOCK: Account.parts[].mutex
EXPECT-LOCK: Account.shared
EXPECT-LOCK: Data.lock
EXPECT-LOCK: Handler.lock
EXPECT-LOCK: Queue.mutex
EXPECT-LOCK: Savings.more
EXPECT-LOCK: Worker._started
EXPECT-LOCK: Worker.own
EXPECT-LOCK: barrier
EXPECT-LOCK: by_key[]
EXPECT-LOCK: changed
EXPECT-LOCK: condition
EXPECT-LOCK: first
EXPECT-LOCK: five
EXPECT-LOCK: fixed[]
EXPECT-LOCK: four
EXPECT-LOCK: function.local
EXPECT-LOCK: function.several[]
EXPECT-LOCK: function.thread._started
EXPECT-LOCK: given
EXPECT-LOCK: go
EXPECT-LOCK: jobs.mutex
EXPECT-LOCK: left
EXPECT-LOCK: literal[]
EXPECT-LOCK: lock_a
EXPECT-LOCK: lock_b
EXPECT-LOCK: logging._lock
EXPECT-LOCK: made
EXPECT-LOCK: make_one()
EXPECT-LOCK: mapped[]
EXPECT-LOCK: more_jobs.mutex
EXPECT-LOCK: named
EXPECT-LOCK: node.extra
EXPECT-LOCK: one
EXPECT-LOCK: output
EXPECT-LOCK: pair[]
EXPECT-LOCK: partial
EXPECT-LOCK: permits
EXPECT-LOCK: pool._shutdown_lock
EXPECT-LOCK: right
EXPECT-LOCK: seven
EXPECT-LOCK: shards[]
EXPECT-LOCK: six
EXPECT-LOCK: table[]
EXPECT-LOCK: three
EXPECT-LOCK: two
"""
import collections
import concurrent.futures
import dataclasses
import functools
import logging
import queue
import threading
from threading import Lock, RLock

lock_a = threading.Lock()
lock_b: Lock = Lock()
first = second = Lock()
left, right = Lock(), Lock()
one, two, three = Lock(), RLock(), Lock()
four, five, six, seven = Lock(), Lock(), Lock(), Lock()
table = {}
table["x"] = Lock()
shards = [Lock() for _ in range(4)]
pair = [Lock(), Lock()]
mapped = {key: Lock() for key in "ab"}
literal = {"a": Lock(), "b": 2}
fixed = tuple(Lock() for _ in range(2))
by_key = collections.defaultdict(Lock)
by_key["k"]
condition = threading.Condition()
given = threading.Condition(Lock())
named = threading.Condition(
    lock=threading.RLock())
go = threading.Event()
permits = threading.Semaphore(2)
barrier = threading.Barrier(2)
jobs = queue.Queue()
output = open("/dev/null", encoding="utf-8")
partial = functools.partial(Lock)()
kept = []


class Account:
    shared = Lock()

    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.a = self.b = Lock()
        self._locks = []
        for _ in range(3):
            self._locks.append(threading.Lock())
        self.optional = Lock() if name else None
        self.by = {}
        self.by.setdefault("x", Lock())
        self.by["y"] = Lock()
        self.jobs = queue.Queue()
        self.parts: list = [queue.Queue() for _ in range(2)]
        self.peer = None

    @classmethod
    def make(cls):
        cls.of_class = Lock()
        node = cls("z")
        node.extra = Lock()
        kept.append(node)

    @functools.cached_property
    def cached(self):
        return Lock()

    def locals(self):
        mine = Lock()
        if (inline := Lock()):
            kept.append(inline)

        def inner():
            return mine
        kept.append(inner)


class Savings(Account):
    def __init__(self):
        super().__init__("savings")
        self.more = Lock()


@dataclasses.dataclass
class Data:
    number: int
    lock: Lock = dataclasses.field(default_factory=Lock)


class Worker(threading.Thread):
    def __init__(self):
        threading.Thread.__init__(self)
        self.own = Lock()


class Jobs(queue.Queue):
    pass


def make_one():
    return threading.Lock()


def make_lock():
    return threading.Lock()


def function():
    global changed
    changed = Lock()
    local = Lock()
    several = []
    several.append(Lock())
    thread = threading.Thread(target=function)
    kept.extend([local, several, thread])


def keep(x):
    kept.append(x)


made = make_lock()
data, worker, more_jobs = Data(1), Worker(), Jobs()
Account.make()
kept.append(Savings())
kept[0].locals()
function()
keep(Lock())
keep(make_one())
keep(kept[0].cached)
keep(queue.Queue())
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    kept.append(pool.submit(abs, -1))
handler = logging.StreamHandler()
