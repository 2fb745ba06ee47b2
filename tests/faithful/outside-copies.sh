# outside-copies — several objects of a process define the functions of one library: each call
# reaches the copy that the loader would have bound it to, in whatever way the copy is linked.
# NEEDS: musl-gcc
cat > copy.c <<'C'
static int called;
int copy_called(void) { return COPY * 10 + called; }
void g_mutex_lock(void *o) { called |= 1; *(int *)o = 1; }
void g_mutex_unlock(void *o) { called |= 2; *(int *)o = 0; }
#define TRY { int free = !*(int *)o; called |= 1; *(int *)o = 1; return free; }
#ifdef IFUNC
static int try(void *o) TRY
static int (*choose(void))(void *) { return try; }
int g_mutex_trylock(void *o) __attribute__((ifunc("choose")));
#else
int g_mutex_trylock(void *o) TRY
#endif
C
cat > plugin.c <<'C'
int copy_called(void);
void g_mutex_lock(void *), g_mutex_unlock(void *);
int g_mutex_trylock(void *);
int use(void);
int use(void)
{
	static int m;
	g_mutex_lock(&m);
	int tried = g_mutex_trylock(&m);
	g_mutex_unlock(&m);
	return copy_called() * 10 + tried * 2 + m;
}
C
cat > main.c <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static int use(void *h) { return h ? ((int (*)(void))dlsym(h, "use"))() : -1; }
static volatile int stop;
static void *opener(void *path)
{
	while (!stop)
		dlclose(dlopen(path, RTLD_NOW));
	return 0;
}
int main(int n, char **paths)
{
	void *h[20] = {0};
	pthread_t t;
	int right = 0;
	for (int round = 0; round < 2; round++) {
		for (int i = 1; i < n; i++)
			h[i] = dlopen(paths[i], i % 2 ? RTLD_NOW : RTLD_LAZY);
		for (int i = n - 1; i >= 1; i--)
			printf("%s %d\n", paths[i], use(h[i]));
		for (int i = 1; round == 0 && i < n; i++)
			dlclose(h[i]);
	}
	pthread_create(&t, 0, opener, paths[1]);
	for (int i = 0; i < 300; i++) {
		h[0] = dlopen("./p9.so", RTLD_NOW);
		right += use(h[0]) / 100 == 9 && use(h[2]) > 0;
		dlclose(h[0]);
	}
	stop = 1;
	pthread_join(t, 0);
	printf("right: %d\n", right);
	printf("global: %d\n", dlopen("./c3.so", RTLD_NOW | RTLD_GLOBAL) ? use(dlopen("./p10.so", RTLD_NOW)) : 0);
	return 0;
}
C
auxiliary=$(for i in 1 2 3 4 5 6 7; do printf ' -Wl,-f,none%s0' $i $i $i $i $i $i $i $i $i $i; done)
make() { # NUMBER FLAGS...
	number=$1; shift
	$CC -O1 -w -fPIC -shared -DCOPY="$number" -Wl,-soname,"c$number.so" "$@" -o "c$number.so" copy.c &&
		$CC -O1 -w -fPIC -shared -o "p$number.so" plugin.c "./c$number.so" '-Wl,-rpath,$ORIGIN'
}
make 1 -Wl,--hash-style=sysv && make 2 -Wl,--hash-style=gnu && make 3 -Wl,--hash-style=both &&
	make 4 -DIFUNC && make 5 $auxiliary && make 9 && make 10 && $CC -w -o main main.c -ldl -pthread || exit 77
$WATCH ./main ./p1.so ./p2.so ./p3.so ./p4.so ./p5.so
echo $?

# At the start, in the program's own scope, and before and after us.
for c in 1 4 5; do
	$CC -w -o "main$c" main.c -ldl -pthread -Wl,--no-as-needed "./c$c.so" '-Wl,-rpath,$ORIGIN' || exit 77
	$WATCH "./main$c" ./p2.so ./p1.so
	echo $?
done

# Versions: a call of version V8 passes by the library of the program, which has V6 only; and of a
# library that has two versions of the functions, an old plugin gets the old ones.
for n in 6 8; do
	echo "V$n { *; };" > "v$n"
	make $n "-Wl,--version-script=v$n" || exit 77
done
$CC -w -o main6 main.c -ldl -pthread -Wl,--no-as-needed ./c6.so '-Wl,-rpath,$ORIGIN' || exit 77
$WATCH ./main6 ./p8.so ./p6.so ./p2.so
echo $?
make 11 -Wl,--version-script=v6 && cp p11.so old.so && cat > two.c <<'C'
static int called;
int copy_called(void) { return called; }
#define VERSION(n, at) \
	void lock##n(void *o) { called = n; *(int *)o = 1; } \
	void unlock##n(void *o) { called = n; *(int *)o = 0; } \
	int try##n(void *o) { int free = !*(int *)o; called = n; *(int *)o = 1; return free; } \
	__asm__(".symver lock" #n ",g_mutex_lock" at ";.symver unlock" #n ",g_mutex_unlock" at \
		";.symver try" #n ",g_mutex_trylock" at ";");
VERSION(6, "@V6")
VERSION(9, "@@V9")
C
echo 'V6 { global: copy_called; }; V9 { global: g_mutex_lock; g_mutex_unlock; g_mutex_trylock; local: *; } V6;' > v9
$CC -O1 -w -fPIC -shared -Wl,-soname,c11.so -Wl,--version-script=v9 -o c11.so two.c &&
	$CC -O1 -w -fPIC -shared -o new.so plugin.c ./c11.so '-Wl,-rpath,$ORIGIN' || exit 77
$WATCH ./main ./old.so ./new.so
echo $?

# Of another C library.
cat > musl.c <<'C'
#include <stdio.h>
int use(void);
int main(void) { printf("musl %d\n", use()); return 0; }
C
musl-gcc -w -fPIC -shared -DCOPY=7 -o c7.so copy.c && musl-gcc -w -o m musl.c plugin.c ./c7.so || exit 77
printf '#!/bin/sh\nLD_LIBRARY_PATH=. ./m; echo $?\n' > script; chmod +x script
$WATCH ./script
