# script — programs with a #! line, pipes to and from, signals from outside, standard input.
# NEEDS: /usr/bin/python3
printf '#!/bin/sh\nread a; echo "got $a"; exit 3\n' > a
printf '#!/usr/bin/env perl\nprint "perl @ARGV\\n"; exit 4\n' > b
chmod +x a b
echo line | $WATCH ./a; echo $?
command -v perl > /dev/null && { $WATCH ./b x 'y z'; echo $?; }
$WATCH seq 100000 | $WATCH sort -n | tail -1
yes | $WATCH head -3
$WATCH sh -c 'sleep 0.1; exit 5' & wait $!; echo $?
# by a signal, and not by a status that looks like it; when the program is there
/usr/bin/python3 -c '
import signal, subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
p.stdout.readline()
p.send_signal(signal.SIGTERM)
print(p.wait())' $WATCH sh -c 'echo up; exec sleep 60'
