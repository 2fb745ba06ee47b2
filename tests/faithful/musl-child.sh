# musl-child — a watched shell starts a program of another libc: it must run. The front end itself
# refuses to start one.
# NEEDS: musl-gcc
cat > m.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <semaphore.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *thread(void *arg) { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); return arg; }
int main(void)
{
	pthread_t t;
	sem_t s;
	int rc = pthread_create(&t, 0, thread, 0) + pthread_join(t, 0);
	rc += sem_init(&s, 0, 1) + sem_wait(&s) + sem_post(&s);
	rc += pthread_mutex_lock(&m) + (pthread_mutex_trylock(&m) != 16) + pthread_mutex_unlock(&m);
	printf("musl %d\n", rc);
	return 3;
}
C
musl-gcc -o m m.c || exit 77
printf '#!/bin/sh\n./m; echo $?\n' > script; chmod +x script
$WATCH ./script; echo $?
