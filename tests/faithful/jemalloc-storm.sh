# jemalloc-storm — allocators that lock pthread mutexes inside malloc: 4 threads, 200,000
# allocations each, the allocator preloaded before us, after us, and linked.
# LIMIT: 60
cat > storm.c <<'C'
#include "observe.h"
static void *thread(void *arg)
{
	void *kept[64] = {0};
	unsigned seed = (unsigned)(long)arg;
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1103515245 + 12345;
		unsigned k = seed >> 16 & 63;
		free(kept[k]);
		kept[k] = malloc(seed >> 20 & 4095);
	}
	for (int k = 0; k < 64; k++)
		free(kept[k]);
	return arg;
}
int main(void)
{
	pthread_t t[4];
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	say("storm over\n");
	return 3;
}
C
$CC -O1 -std=gnu11 -w -I"$HERE" -o storm storm.c || exit 1
for so in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2.0; do
	a=/usr/lib/x86_64-linux-gnu/$so
	[ -e "$a" ] || continue
	$CC -O1 -std=gnu11 -w -I"$HERE" -o linked storm.c -Wl,--no-as-needed "$a" || exit 1
	case $WAY in
	bare) for i in 1 2; do LD_PRELOAD=$a ./storm; echo "$so $?"; done ;;
	plain) for p in "$a:$LIB" "$LIB:$a"; do
		LOCKHOUND_OPTIONS=$QUIET LD_PRELOAD=$p ./storm; echo "$so $?"; done ;;
	run) for i in 1 2; do LD_PRELOAD=$a $WATCH ./storm; echo "$so $?"; done ;;
	esac
	$WATCH ./linked; echo "linked $?"
done
