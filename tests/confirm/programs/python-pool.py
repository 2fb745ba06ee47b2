# Four workers of an executor run forty jobs through the same code; one job has the other order.
# CAN: with any job that another worker runs at that time.
import threading
import time
from concurrent.futures import ThreadPoolExecutor


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.money = 0


def transfer(source, target):
    with source.lock:
        with target.lock:
            source.money -= 1
            target.money += 1
    time.sleep(0.001)


left, right = Account(), Account()
with ThreadPoolExecutor(4) as pool:
    for i in range(40):
        if i == 21:
            pool.submit(transfer, right, left)
        else:
            pool.submit(transfer, left, right)
