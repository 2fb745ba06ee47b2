/*
 * A thread ends while it holds 180 locks; the finding names 16 of them.
 * EXPECT-STACK: forgets
 * EXPECT-TEXT: and 164 more locks
 * EXPECT: exit-holding deep[0][0] deep[0][1] deep[0][2] deep[0][3] deep[0][4] deep[0][5] deep[0][6] deep[0][7] deep[0][8] deep[0][9] deep[0][10] deep[0][11] deep[0][12] deep[0][13] deep[0][14] deep[0][15]
 */
#include "deep.h"

MUTEX(a);

static void forgets(void)
{
	go_down(0);
	lock(&a);
}

int main(void)
{
	in_thread(forgets);
	return 0;
}
