# valgrind-smoke — memcheck and helgrind run with us preloaded into the program: same output, no
# new memory errors. (Only without the front end, which does not support valgrind.)
# NEEDS: valgrind
# LIMIT: 60
cat > v.c <<'C'
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int go;
static void *thread(void *arg)
{
	pthread_mutex_lock(&m);
	while (!go)
		pthread_cond_wait(&c, &m);
	pthread_mutex_unlock(&m);
	return arg;
}
int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	pthread_mutex_lock(&m);
	go = 1;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	pthread_join(t, NULL);
	puts("done");
	return 3;
}
C
$CC -g -pthread -o v v.c || exit 1
pre=
[ "$WAY" = plain ] && pre=$LIB
for tool in memcheck helgrind; do
	LOCKHOUND_OPTIONS=$QUIET LD_PRELOAD=$pre valgrind -q --tool=$tool --error-exitcode=0 ./v 2> errors; echo "$tool $?"
	[ $tool = memcheck ] && grep -cE 'Invalid (read|write)|uninitialised' errors
done
true
