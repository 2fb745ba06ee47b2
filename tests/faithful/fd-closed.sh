# fd-closed — a program started with descriptors 0, 1 or 2 closed, or with a limit of four
# descriptors, gets the same descriptor numbers as without us. (Not under the front end, which
# itself may fail without descriptors.)
[ "$WAY" = run ] && WATCH="env LD_PRELOAD=$LIB LOCKHOUND_OPTIONS=$QUIET"
cat > fds.c <<'C'
#include "observe.h"
int main(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	char line[256] = "";
	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			sprintf(line + strlen(line), " %d", fd);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	int out = open("result", O_WRONLY | O_APPEND | O_CREAT, 0600);
	dprintf(out, "%s next %d\n", line, out);
	return 0;
}
C
$CC -std=gnu11 -w -I"$HERE" -o fds fds.c || exit 1
$WATCH ./fds <&-
$WATCH ./fds >&-
$WATCH ./fds 2>&-
$WATCH ./fds <&- >&- 2>&-
(ulimit -n 4; $WATCH ./fds)
cat result
