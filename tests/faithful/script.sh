# script — programs with a #! line, pipes to and from, signals from outside, standard input.
printf '#!/bin/sh\nread a; echo "got $a"; exit 3\n' > a
printf '#!/usr/bin/env perl\nprint "perl @ARGV\\n"; exit 4\n' > b
chmod +x a b
echo line | $WATCH ./a; echo $?
command -v perl > /dev/null && { $WATCH ./b x 'y z'; echo $?; }
$WATCH seq 100000 | $WATCH sort -n | tail -1
yes | $WATCH head -3
$WATCH sh -c 'sleep 0.1; exit 5' & wait $!; echo $?
$WATCH sh -c 'echo up; exec sleep 60' > up & pid=$!
until [ -s up ]; do sleep 0.01; done
kill -TERM $pid
wait $pid 2> /dev/null # says Terminated, or nothing when it had ended before
echo $?
