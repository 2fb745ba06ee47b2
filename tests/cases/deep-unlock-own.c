/*
 * A thread releases its 358 locks in mixed orders, four times.
 * EXPECT: nothing
 */
#include "deep.h"

int main(void)
{
	for (int round = 0; round < 4; round++) {
		go_down(0);
		go_down(1);
		/* 3 and 5 do not divide DEEP, so each number comes once */
		for (int i = 0; i < DEEP; i++)
			unlock(&deep[round % 2][i * 3 % DEEP]);
		for (int i = 0; i < DEEP; i++)
			unlock(&deep[1 - round % 2][i * 5 % DEEP]);
	}
	return 0;
}
