"""What the Python programs share: modes and --help, threads, handshakes.

Has no lock and no condition: the handshakes poll and let other threads run in between, because
a lock here would be one more lock in every report. Appending to a list is one step for the
interpreter, so a list can count the threads that have come.
"""
import argparse
import os
import threading
import time


class Meeting:
    """come() returns when `wanted` threads have come."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.here = []

    def come(self):
        self.here.append(None)
        while len(self.here) < self.wanted:
            time.sleep(0)


class Turn:
    """Threads that go one after the other: wait(n), then next()."""

    def __init__(self):
        self.taken = []

    def wait(self, number):
        while len(self.taken) < number:
            time.sleep(0)

    def next(self):
        self.taken.append(None)


def run_threads(*bodies):
    """Starts one thread for each function and waits for all of them."""
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(purpose, modes, times=0, threads=2):
    """`program MODE options`; modes: name -> (function of the settings, help)."""
    listing = "\n".join(f"  {name:20} {text}" for name, (_, text) in modes.items())
    parser = argparse.ArgumentParser(
        description=f"{purpose}\n\nmodes:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=modes, metavar="MODE")
    parser.add_argument("--hang", action="store_true",
                        help="let the threads meet in the order that hangs, if a mode has one")
    parser.add_argument("--threads", type=int, default=threads, choices=range(2, 17), metavar="N")
    parser.add_argument("--times", type=int, default=times, metavar="N")
    settings = parser.parse_args()
    modes[settings.mode][0](settings)


def say(text):
    """Prints a line at once: a hung program's output must be readable."""
    os.write(1, f"{text}\n".encode())
