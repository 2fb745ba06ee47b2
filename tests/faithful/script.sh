# script — programs with a #! line, pipes to and from, signals from outside, standard input.
printf '#!/bin/sh\nread a; echo "got $a"; exit 3\n' > a
printf '#!/usr/bin/env perl\nprint "perl @ARGV\\n"; exit 4\n' > b
chmod +x a b
echo line | $WATCH ./a; echo $?
command -v perl > /dev/null && { $WATCH ./b x 'y z'; echo $?; }
$WATCH seq 100000 | $WATCH sort -n | tail -1
yes | $WATCH head -3
$WATCH sh -c 'sleep 0.1; exit 5' & wait $!; echo $?
$WATCH sleep 60 & pid=$!
sleep 0.3; kill -TERM $pid; wait $pid; echo $?
