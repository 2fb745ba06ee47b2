/*
 * A cycle of three with a join: main holds `config` and joins the worker, the worker needs `log`,
 * and the owner of `log` needs `config`.
 * CAN: if the worker and the logger are late.
 */
#include "scene.h"

MUTEX(config);
MUTEX(log_lock);
IN_ORDER(log_config, log_lock, config)

static void *worker(void *arg)
{
	(void)arg;
	ms(3);
	lock(log_lock);
	unlock(log_lock);
	return NULL;
}

static void *logger(void *arg)
{
	(void)arg;
	log_config();
	return NULL;
}

int main(void)
{
	pthread_t w, l;

	pthread_create(&w, NULL, worker, NULL);
	pthread_create(&l, NULL, logger, NULL);
	ms(9);
	lock(config);
	pthread_join(w, NULL);
	unlock(config);
	pthread_join(l, NULL);
}
