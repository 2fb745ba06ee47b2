# A cycle of three through a Lock, an RLock of Python and a Condition's lock.
# CAN: nothing orders the threads.
import threading
import time

state, tree, ready = threading.Lock(), threading.RLock(), threading.Condition()


def state_tree():
    with state, tree:
        pass


def tree_ready():
    time.sleep(0.006)
    with tree, ready:
        ready.notify_all()


def ready_state():
    time.sleep(0.012)
    with ready, state:
        pass


threads = [threading.Thread(target=f) for f in (state_tree, tree_ready, ready_state)]
for t in threads:
    t.start()
for t in threads:
    t.join()
