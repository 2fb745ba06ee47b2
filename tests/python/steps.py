"""What the programs of this folder share: threads that run one after the other, without a lock.

Appending to a list is one step for the interpreter, so a list can count what has happened.
"""
import threading
import time

_done = []


def wait_for(number):
    """Waits until done() was called `number` times."""
    while len(_done) < number:
        time.sleep(0)


def done():
    _done.append(None)


def in_turn(*bodies):
    """Runs each body in its own thread; all threads are alive together, but run in turn."""
    def run(number, body):
        wait_for(number)
        body()
        done()
        wait_for(len(bodies))

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _done.clear()
