/* replay.c — runs a fuzz target on named files, without libFuzzer: the corpus as a test.
 * LINKS: tests/fuzz/fuzz_read.c tools/ledger/ tools/report/ tools/machine_code/
 * libcheck/machine_code/ tools/symbols/ tools/lock_order/ tools/render/ tools/util/
 * libcheck/order_graph/
 * LIBS: -ldw -lelf -ljansson -ldl -lm
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	static uint8_t bytes[1 << 20];
	uint8_t *exact;
	size_t n;

	if (!f) {
		perror(path);
		return 1;
	}
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	/* Allocates exactly the file's size, so that a sanitizer sees a read beyond the end. */
	exact = malloc(n ? n : 1);
	for (size_t i = 0; exact && i < n; i++)
		exact[i] = bytes[i];
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed += replay(argv[i]);
	printf("%s: %d passed, %d failed\n", "fuzz replay", argc - 1 - failed, failed);
	return failed || argc < 2;
}
