"""Load for MariaDB through its own client, one process per connection: SIGTERM ends it; status 0 only if no
connection was lost and every answer was right. USR1 prints the operations so far.

    load_sql.py CLIENT SOCKET"""
import signal
import subprocess
import sys
import threading

CLIENTS = 8
stop = threading.Event()
done = [0] * CLIENTS
wrong = []


def start():
    return subprocess.Popen([sys.argv[1], "--no-defaults", "-S", sys.argv[2], "-u", "root", "-N", "-B", "-n", "--skip-reconnect",
                             "test"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def client(number):
    try:
        link = start()
        link.stdin.write("SELECT connection_id();\n")
        link.stdin.flush()
        first = link.stdout.readline()
        while not stop.is_set():
            n = done[number] + 1
            link.stdin.write("UPDATE t SET n = %d WHERE id = %d; UPDATE t SET n = n + 1 WHERE id = 100;"
                             "SELECT n FROM t WHERE id = %d;\n" % (n, number, number))
            link.stdin.flush()
            if link.stdout.readline() != "%d\n" % n:
                raise ValueError("another value: " + link.stderr.readline())
            done[number] = n
        link.stdin.write("SELECT connection_id();\n")
        link.stdin.flush()
        if link.stdout.readline() != first:
            raise ValueError("another connection")
        link.stdin.close()
        if link.wait(30):
            raise ValueError("client ended badly")
    except Exception as error:  # each is a lost connection or a wrong answer
        wrong.append("client %d after %d: %r" % (number, done[number], error))


signal.signal(signal.SIGTERM, lambda *_: stop.set())
signal.signal(signal.SIGUSR1, lambda *_: print("so far", sum(done), flush=True))
threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
for t in threads:
    t.start()
while min(done) == 0 and not wrong:
    stop.wait(0.05)
print("running", flush=True)
while any(t.is_alive() for t in threads):
    for t in threads:
        t.join(0.1)
print("%d clients, %d operations, %d wrong %s" % (CLIENTS, sum(done), len(wrong), wrong[:1]))
sys.exit(bool(wrong) or min(done) == 0)
