# A handler of logging takes a lock of the application, under its own; a thread with this lock waits for the handler's.
# CANNOT: it does so after the last message, by an Event.
# NEAR CAN: it does so whenever it comes.
import logging
import sys
import threading
import time

application, written = threading.Lock(), threading.Event()
near = sys.argv[1:] == ["near"]


class Counter(logging.Handler):
    count = 0

    def emit(self, record):
        with application:
            self.count += 1


log, counter = logging.getLogger("counted"), Counter()
log.addHandler(counter)
log.propagate = False


def writer():
    for _ in range(5):
        log.error("message")
    written.set()


def reader():
    if near:
        time.sleep(0.05)
    else:
        written.wait()
    with application:
        counter.acquire()
        counter.release()


threads = [threading.Thread(target=f) for f in (writer, reader)]
for t in threads:
    t.start()
for t in threads:
    t.join()
