# follow — children of children, by shell, env, xargs and exec, all watched: statuses and output
# arrive, background jobs and pipes work, `env -i` runs without the library.
cat > child.c <<'C'
#include "observe.h"
int main(int argc, char **argv)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	int n = argc > 1 ? atoi(argv[1]) : 0;
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	say("child %d\n", n);
	if (n > 3)
		return n;
	char next[12];
	snprintf(next, sizeof(next), "%d", n + 1);
	execl(argv[0], argv[0], next, NULL);
	return 99;
}
C
$CC -std=gnu11 -w -I"$HERE" -o child child.c || exit 1
cat > script <<'S'
#!/bin/sh
./child 2; echo $?
echo 3 | xargs ./child; echo $?
(./child 4 & wait $!; echo $?)
env -i ./child 3 | tail -1
trap 'echo trapped; exit 9' TERM
kill -TERM $$
S
chmod +x script
$WATCH ./script
echo $?
$WATCH sh -c 'kill -SEGV $$'
echo $?
$WATCH ./no-such-program 2> /dev/null
echo $?
$WATCH ./child.c 2> /dev/null
echo $?
