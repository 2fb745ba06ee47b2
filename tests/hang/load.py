"""Load for memcached on a Unix socket: SIGTERM ends it; status 0 only if nothing went wrong. USR1 prints the
operations so far."""
import signal
import socket
import sys
import threading

CLIENTS = 16
stop = threading.Event()
done = [0] * CLIENTS
wrong = []


def client(number):
    try:
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(10)
        link.connect(sys.argv[1])
        stream = link.makefile("rwb")
        while not stop.is_set():
            key = b"key%d" % (done[number] % 100)
            value = b"value %d %d" % (number, done[number])
            stream.write(b"set %s-%d 0 0 %d\r\n%s\r\n" % (key, number, len(value), value))
            stream.flush()
            if stream.readline() != b"STORED\r\n":
                raise ValueError("not stored")
            stream.write(b"get %s-%d\r\n" % (key, number))
            stream.flush()
            stream.readline()
            if stream.readline() != value + b"\r\n" or stream.readline() != b"END\r\n":
                raise ValueError("another value")
            done[number] += 1
    except Exception as error:  # each is a lost connection or a wrong answer
        wrong.append("client %d after %d: %r" % (number, done[number], error))


for _ in range(1000):
    try:
        probe = socket.socket(socket.AF_UNIX)
        probe.connect(sys.argv[1])
        break
    except OSError:
        stop.wait(0.01)
signal.signal(signal.SIGTERM, lambda *_: stop.set())
signal.signal(signal.SIGUSR1, lambda *_: print("so far", sum(done), flush=True))
threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
for t in threads:
    t.start()
print("running", flush=True)
while any(t.is_alive() for t in threads):
    for t in threads:
        t.join(0.1)
print("%d clients, %d operations, %d wrong %s" % (CLIENTS, sum(done), len(wrong), wrong[:1]))
sys.exit(bool(wrong) or min(done) == 0)
