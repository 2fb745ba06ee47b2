/*
 * versions.c — one program may use two versions of a call: the one it was linked against and one
 * pinned by .symver. A library with a version node of its own would replace only one of them.
 */
#include "observe.h"

int old_join(pthread_t, void **);
__asm__(".symver old_join, pthread_join@GLIBC_2.2.5");
int old_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
__asm__(".symver old_create, pthread_create@GLIBC_2.2.5");
int old_trylock(pthread_rwlock_t *);
__asm__(".symver old_trylock, pthread_rwlock_trywrlock@GLIBC_2.2.5");
int old_sem_post(sem_t *);
__asm__(".symver old_sem_post, sem_post@GLIBC_2.2.5");
int old_once(pthread_once_t *, void (*)(void));
__asm__(".symver old_once, pthread_once@GLIBC_2.2.5");
int old_spin_lock(pthread_spinlock_t *);
__asm__(".symver old_spin_lock, pthread_spin_lock@GLIBC_2.2.5");

static pthread_once_t once_old = PTHREAD_ONCE_INIT, once_new = PTHREAD_ONCE_INIT;

static void *thread(void *arg)
{
	return (char *)arg + 1;
}

static void once_body(void)
{
	say("once\n");
}

int main(void)
{
	pthread_t a, b;
	void *got;
	sem_t s;
	pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
	pthread_spinlock_t spin;
	observe("start");
	show(pthread_create(&a, NULL, thread, (void *)1));
	show(old_create(&b, NULL, thread, (void *)2));
	show(old_join(a, &got));
	show(got);
	show(pthread_join(b, &got));
	show(got);
	show(old_trylock(&r));
	show(pthread_rwlock_trywrlock(&r));
	show(pthread_rwlock_unlock(&r));
	show(sem_init(&s, 0, 0));
	show(old_sem_post(&s));
	show(sem_post(&s));
	show(sem_wait(&s));
	show(sem_wait(&s));
	show(sem_trywait(&s));
	show(old_once(&once_old, once_body));
	show(old_once(&once_old, once_body));
	show(pthread_once(&once_new, once_body));
	show(pthread_spin_init(&spin, 0));
	show(old_spin_lock(&spin));
	show(pthread_spin_trylock(&spin));
	show(pthread_spin_unlock(&spin));
	observe("end");
	return 0;
}
