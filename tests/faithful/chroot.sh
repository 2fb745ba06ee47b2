# chroot — a program that enters a new root, drops its rights and continues; and a program that executes
# another program there, where neither the library nor a ledger can be found.
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
cat > jail.c <<'C'
#include "observe.h"
#include <grp.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *thread(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return arg;
}
int main(int argc, char **argv)
{
	observe("start");
	show(chroot("jail"));
	show(chdir("/"));
	if (argc > 1) {
		execl("/inside", "inside", NULL);
		return 9;
	}
	show(setgroups(0, NULL));
	show(setgid(65534));
	show(setuid(65534));
	for (int i = 0; i < 5; i++)
		show(in_thread(thread, NULL));
	observe("end");
	pid_t pid = fork();
	if (!pid)
		_exit(in_thread(thread, (void *)5) == (void *)5 ? 3 : 4);
	int status;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}
C
cat > inside.c <<'C'
#include <pthread.h>
#include <unistd.h>
int main(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&m);
	write(1, "inside\n", 7);
	return pthread_mutex_unlock(&m) + 6;
}
C
mkdir jail
$CC -std=gnu11 -w -I"$HERE" -o jail/jail jail.c && $CC -static -o jail/inside inside.c || exit 1
$WATCH ./jail/jail; echo $?
$WATCH ./jail/jail exec; echo $?
# dynamically linked inside: the loader's line about the library is expected, and dropped
mkdir -p jail/lib64 jail/lib/x86_64-linux-gnu
cp /lib64/ld-linux-x86-64.so.2 jail/lib64/ && cp /lib/x86_64-linux-gnu/libc.so.6 jail/lib/x86_64-linux-gnu/
$CC -o jail/inside inside.c || exit 1
$WATCH ./jail/jail exec 2> errors; echo $?
grep -v "LD_PRELOAD cannot be preloaded\|^lockhound" errors
true
