/* nearest.c — compares a misspelled word with known ones. */
#include "tools/util/nearest.h"

#include <string.h>

enum { LENGTH_MAX = 40 };

static int least_of(int a, int b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, added, left out or exchanged with their neighbour;
 * LENGTH_MAX if a word is too long. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
	int row[3][LENGTH_MAX + 1]; /* of this letter of `a` and of the two before it */

	if (n > LENGTH_MAX || m > LENGTH_MAX)
		return LENGTH_MAX;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		int *now = row[i % 3], *before = row[(i + 2) % 3], *first = row[(i + 1) % 3];

		now[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least_of(least_of(before[j], now[j - 1]) + 1,
					  before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least_of(now[j], first[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

struct lh_nearest lh_nearest_to(const char *word, size_t n)
{
	return (struct lh_nearest){.word = word, .n = n, .least = n < 3 ? 2 : (int)n / 3 + 1};
}

void lh_nearest_try(struct lh_nearest *s, const char *known)
{
	int d = distance(s->word, s->n, known, strlen(known));

	if (d < s->least) {
		s->least = d;
		s->best = known;
	}
}
