/* copies.c — makes N recorded runs of a few, each of another process.
 *   copies N FOLDER FILE...     writes FOLDER/00000.lh and so on, of the files in turn */
#include "libcheck/ledger.h"

#include <stdio.h>
#include <stdlib.h>

struct run {
	unsigned char *bytes;
	size_t n;
};

static struct run load(const char *path)
{
	struct run r = {malloc(16 << 20), 0};
	FILE *f = fopen(path, "r");

	if (!f || !r.bytes)
		exit(2);
	r.n = fread(r.bytes, 1, 16 << 20, f);
	fclose(f);
	return r;
}

/* Each process has another number and starts a millisecond later than in the copy before. */
static void change(struct run *r, int number)
{
	size_t at = 0;
	int k = 0;

	while (at + sizeof(struct lh_ledger) <= r->n) {
		struct lh_ledger *l = (struct lh_ledger *)(r->bytes + at);

		l->pid = l->outer_pid = 1000 + 10 * number + k++;
		l->start_ns += 1000000;
		l->start_wall_ns += 1000000;
		at += l->total;
	}
}

int main(int argc, char **argv)
{
	static struct run run[64];
	int n = argc > 3 ? atoi(argv[1]) : 0, files = argc - 3;

	for (int i = 0; i < files && i < 64; i++)
		run[i] = load(argv[3 + i]);
	for (int i = 0; i < n; i++) {
		struct run *r = &run[i % files];
		char path[4096];
		FILE *f;

		change(r, i);
		snprintf(path, sizeof(path), "%s/%05d.lh", argv[2], i);
		f = fopen(path, "w");
		if (!f || fwrite(r->bytes, 1, r->n, f) != r->n || fclose(f))
			return 1;
	}
	return n == 0;
}
