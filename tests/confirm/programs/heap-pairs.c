/*
 * A hundred accounts; two threads transfer within each pair of accounts by the same code, and one
 * of them once the other way round.
 * CAN: at the accounts 56 and 57, and only there.
 */
#include "scene.h"

enum { ACCOUNTS = 100 };

struct account {
	pthread_mutex_t lock;
	long money;
};
static struct account *account[ACCOUNTS];

static void transfer(struct account *from, struct account *to)
{
	lock(from->lock);
	lock(to->lock);
	from->money--;
	to->money++;
	unlock(to->lock);
	unlock(from->lock);
}

static void upwards(void)
{
	for (int i = 0; i < ACCOUNTS; i += 2) {
		transfer(account[i], account[i + 1]);
		ms(0.1);
	}
}

static void once_downwards(void)
{
	ms(10);
	for (int i = 0; i < ACCOUNTS; i += 2) {
		if (i == 56)
			transfer(account[i + 1], account[i]);
		else
			transfer(account[i], account[i + 1]);
		ms(0.1);
	}
}

int main(void)
{
	for (int i = 0; i < ACCOUNTS; i++) {
		account[i] = calloc(1, sizeof(*account[i]));
		pthread_mutex_init(&account[i]->lock, NULL);
	}
	side_by_side(upwards, once_downwards);
}
