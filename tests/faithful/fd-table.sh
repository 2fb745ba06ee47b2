# fd-table — the descriptors that a program starts with, also inherited ones, and the number of the
# next one that it opens.
cat > fds.c <<'C'
#include "observe.h"
int main(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	char line[256] = "";
	pthread_mutex_lock(&m);
	for (int fd = 0; fd < 64; fd++) {
		struct stat s;
		if (!fstat(fd, &s))
			sprintf(line + strlen(line), " %d:%o", fd, s.st_mode & S_IFMT);
	}
	pthread_mutex_unlock(&m);
	int out = open("result", O_WRONLY | O_APPEND | O_CREAT, 0600);
	dprintf(out, "%s next %d\n", line, out);
	return 0;
}
C
$CC -std=gnu11 -w -I"$HERE" -o fds fds.c || exit 1
$WATCH ./fds; $WATCH ./fds
cat result; rm result
$WATCH ./fds < /dev/null > /dev/null; $WATCH ./fds 5< /dev/null 9> nine
cat result; rm result
