/*
 * test_walk.c — compares lh_walk with libunwind: every frame and every slot, from many kinds of
 * code.
 * LINKS: libcheck/stack/walk.c libcheck/stack/walk_cache.c libcheck/stack/cfi.c
 * LIBS: -lunwind -ldl -lpthread
 */
#include <alloca.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>

#include "tests/unit/unit.h"
#include "tests/unit/libcheck/stack/compare_unwinders.h"
#include "libcheck/stack/walk.h"

#define NOINLINE __attribute__((noinline, noclone))
#ifdef __clang__
#undef NOINLINE
#define NOINLINE __attribute__((noinline))
#define WITH_FRAME_POINTER
#define WITHOUT_FRAME_POINTER
#else
#define WITH_FRAME_POINTER __attribute__((optimize("no-omit-frame-pointer")))
#define WITHOUT_FRAME_POINTER __attribute__((optimize("omit-frame-pointer")))
#endif
/* Used after a call, so that the call is not compiled as a tail jump. */
#define KEEP_ALIVE(x) __asm__ volatile("" : : "r"(x) : "memory")

enum { FRAMES_MAX = 400 };

static uint64_t cache[LH_WALK_CACHE_BYTES / sizeof(uint64_t)];
static volatile int probes; /* signal handlers write it */
static int deepest;
static __thread uintptr_t high;
static enum lh_walk_end outermost = LH_WALK_DONE; /* how a walk should end */

static uintptr_t top_of_stack(void)
{
	pthread_attr_t a;
	void *low;
	size_t size;
	pthread_getattr_np(pthread_self(), &a);
	pthread_attr_getstack(&a, &low, &size);
	pthread_attr_destroy(&a);
	return (uintptr_t)low + size;
}

/* Called as a wrapper would be. */
static NOINLINE int probe(void)
{
	struct lh_regs regs = REGS_OF_CALLER();
	struct lh_return_slot ours[FRAMES_MAX], theirs[FRAMES_MAX];
	enum lh_walk_end end;
	int n = lh_walk(&regs, high, ours, FRAMES_MAX, &end, NULL);
	int m = unwound(&regs, high, theirs, FRAMES_MAX);
	probes++;
	deepest = n > deepest ? n : deepest;
	CHECK_EQ(n, m);
	CHECK_EQ(unwound_common(ours, n, theirs, m), m);
	CHECK_EQ(end, outermost);
	return n;
}

static NOINLINE void deep(int n)
{
	if (n)
		deep(n - 1);
	else
		probe();
	KEEP_ALIVE(n);
}

static NOINLINE void with_alloca(int n)
{
	char *p = alloca((size_t)n);
	KEEP_ALIVE(p);
	probe();
	KEEP_ALIVE(p);
}

static NOINLINE int with_array(int n)
{
	int a[n];
	KEEP_ALIVE(a);
	probe();
	return a[n / 2];
}

static NOINLINE WITH_FRAME_POINTER void with_frame_pointer(int n)
{
	if (n)
		with_frame_pointer(n - 1);
	else
		probe();
	KEEP_ALIVE(n);
}

static NOINLINE WITHOUT_FRAME_POINTER void without_frame_pointer(int n)
{
	if (n % 2)
		with_frame_pointer(n);
	else if (n)
		without_frame_pointer(n - 1);
	else
		probe();
	KEEP_ALIVE(n);
}

/* rbp is a general register here, and does not point to a frame. */
static NOINLINE WITHOUT_FRAME_POINTER long uses_all_registers(const long *v)
{
	long a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6];
	probe();
	return a * b + c * d + e * f + g + v[1] * a;
}

static NOINLINE __attribute__((force_align_arg_pointer)) void realigned(void)
{
	probe();
	KEEP_ALIVE(0);
}

static NOINLINE void wide(int n)
{
	char a[64] __attribute__((aligned(64)));
	KEEP_ALIVE(a);
	probe();
	KEEP_ALIVE(a + n);
}

/* Arguments on the stack, a moving stack pointer and alignment at once: gcc then reaches its
 * arguments through another register, and the CFA through memory. */
static NOINLINE int wide_and_moving(int a, int b, int c, int d, int e, int f, int g, int h)
{
	char big[32] __attribute__((aligned(32)));
	char *p = alloca((size_t)(a + b));
	KEEP_ALIVE(big);
	KEEP_ALIVE(p);
	probe();
	KEEP_ALIVE(p);
	return a + b + c + d + e + f + g + h;
}

typedef int eight __attribute__((vector_size(32)));

static NOINLINE __attribute__((target("avx2"))) int with_avx(int n)
{
	volatile eight v = {n, 1, 2, 3, 4, 5, 6, 7};
	probe();
	eight w = v;
	return w[0] + w[7];
}

static int compare(const void *a, const void *b)
{
	probe();
	return *(const int *)a - *(const int *)b;
}

static int at_module(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)info, (void)size, (void)data;
	probe();
	return 1;
}

static void through_libc(void)
{
	int v[] = {3, 1, 2}, key = 3;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	qsort(v, 3, sizeof *v, compare);
	bsearch(&key, v, 3, sizeof *v, compare);
	dl_iterate_phdr(at_module, NULL);
	pthread_once(&once, (void (*)(void))probe);
}

static void *probing_malloc(size_t n)
{
	probe();
	return malloc(n);
}

/* Code that was loaded after the start. */
static void through_library(void)
{
	void *library = dlopen("libjansson.so.4", RTLD_NOW);
	if (!CHECK(library != NULL))
		return;
	void (*set)(void *(*)(size_t), void (*)(void *)) =
		(__typeof__(set))dlsym(library, "json_set_alloc_funcs");
	void *(*object)(void) = (__typeof__(object))dlsym(library, "json_object");
	int before = probes;
	set(probing_malloc, free);
	free(object());
	CHECK(probes > before);
	dlclose(library);
}

static void at_signal(int signal)
{
	(void)signal;
	probe();
}

static NOINLINE void through_handler(int n)
{
	if (n)
		through_handler(n - 1);
	else
		raise(SIGUSR1);
	KEEP_ALIVE(n);
}

/* The handler's stack is static memory, and so below the thread's stack: a walk can go from the
 * handler's stack to the thread's. From a stack above the thread's it cannot, and finds nothing. */
static void through_other_stack(void)
{
	static char other[64 << 10] __attribute__((aligned(16)));
	stack_t on = {.ss_sp = other, .ss_size = sizeof other}, off = {.ss_flags = SS_DISABLE};
	struct sigaction act = {.sa_handler = at_signal, .sa_flags = SA_ONSTACK};
	int before = probes;
	sigaltstack(&on, NULL);
	sigaction(SIGUSR2, &act, NULL);
	raise(SIGUSR2);
	sigaltstack(&off, NULL);
	CHECK_EQ(probes, before + 1);
}

static void *in_thread(void *argument)
{
	(void)argument;
	high = top_of_stack();
	deep(5);
	wide(3);
	through_handler(2);
	return NULL;
}

static ucontext_t there, back;

static void in_coroutine(void)
{
	uintptr_t thread = high;
	high = (uintptr_t)there.uc_stack.ss_sp + there.uc_stack.ss_size;
	outermost = LH_WALK_NO_CFI; /* glibc has no CFI before the code that it returns to */
	deep(4);
	outermost = LH_WALK_DONE;
	high = thread;
}

static void through_coroutine(void)
{
	static char stack[256 << 10] __attribute__((aligned(16)));
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof stack;
	there.uc_link = &back;
	makecontext(&there, in_coroutine, 0);
	swapcontext(&back, &there);
}

static void from_everywhere(void)
{
	static const long v[7] = {1, 2, 3, 4, 5, 6, 7};
	pthread_t t;
	deep(0);
	deep(200);
	with_alloca(100);
	with_alloca(10000);
	with_array(30);
	with_frame_pointer(6);
	without_frame_pointer(7);
	uses_all_registers(v);
	realigned();
	wide(1);
	wide_and_moving(1, 2, 3, 4, 5, 6, 7, 8);
	if (__builtin_cpu_supports("avx2"))
		with_avx(1);
	through_libc();
	through_library();
	through_handler(3);
	through_other_stack();
	through_coroutine();
	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
	CHECK(probes > 20);
	CHECK(deepest > 200);
}

/* Walks at every instruction, because a signal can arrive at any. */
static struct {
	int same, shorter, wrong, ended[5], other_context;
} compared;

enum { TRAP_FLAG = 0x100 };

/* The vDSO begins with its ELF header. */
static bool in_vdso(uintptr_t pc)
{
	uintptr_t image = getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *head = (const ElfW(Ehdr) *)image;
	const ElfW(Phdr) *part = image ? (const ElfW(Phdr) *)(image + head->e_phoff) : NULL;
	for (int i = 0; image && i < head->e_phnum; i++)
		if (part[i].p_type == PT_LOAD && pc - image < part[i].p_memsz)
			return true;
	return false;
}

/*
 * In the vDSO, single-stepping stops until the next kind of code: clock_gettime reads the clock
 * again if the kernel changed it meanwhile. The kernel changes it at each tick, which comes before
 * a loop with a signal and two walks for each instruction ends, so the loop would never end.
 */
static void at_instruction(int signal, siginfo_t *info, void *context)
{
	greg_t *machine = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct lh_regs regs = REGS_OF_CALLER();
	struct lh_return_slot ours[FRAMES_MAX], theirs[FRAMES_MAX];
	enum lh_walk_end end;
	uintptr_t interrupted;
	(void)signal, (void)info;
	if (in_vdso((uintptr_t)machine[REG_RIP]))
		machine[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	int n = lh_walk(&regs, high, ours, FRAMES_MAX, &end, &interrupted);
	compared.other_context += interrupted != (uintptr_t)context;
	int m = unwound(&regs, high, theirs, FRAMES_MAX);
	int common = unwound_common(ours, n, theirs, m);
	compared.ended[end]++;
	if (common == n && n == m && end == LH_WALK_DONE)
		compared.same++;
	else if (common == n && n < m)
		compared.shorter++;
	else
		compared.wrong++;
}

/* Sets or clears the processor's trap flag. Uses a frame pointer, because gcc writes no CFI for the
 * stack pointer that moves in here. */
static NOINLINE void set_single_step(bool on)
{
	KEEP_ALIVE(__builtin_frame_address(0));
	unsigned long long flags = __builtin_ia32_readeflags_u64(), trap = TRAP_FLAG;
	__builtin_ia32_writeeflags_u64(on ? flags | trap : flags & ~trap);
}

static int compare_only(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void sorting(void)
{
	int v[] = {3, 1, 2};
	qsort(v, 3, sizeof *v, compare_only);
}

static void printing(void)
{
	char text[64];
	snprintf(text, sizeof text, "%d %s %.3f", 1, "text", 1.5);
}

static void allocating(void)
{
	free(malloc(100));
	free(aligned_alloc(64, 640));
}

static void telling_time(void)
{
	time_t now = 0;
	struct tm tm;
	gmtime_r(&now, &tm);
}

static void reading_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
}

static void step_through_all_kinds_of_code(void)
{
	static void (*const kinds[])(void) = {sorting, printing, allocating, telling_time,
					      reading_clock};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		set_single_step(true);
		kinds[i]();
		set_single_step(false);
	}
}

static void at_every_instruction(void)
{
	struct sigaction act = {.sa_sigaction = at_instruction, .sa_flags = SA_SIGINFO};
	sigaction(SIGTRAP, &act, NULL);
	/* The first time, some calls go through the loader's binder, whose CFA is at rbx. */
	step_through_all_kinds_of_code();
	CHECK_EQ(compared.wrong, 0);
	CHECK_EQ(compared.shorter, compared.ended[LH_WALK_UNSUPPORTED]);

	memset(&compared, 0, sizeof compared);
	step_through_all_kinds_of_code();
	CHECK(compared.same > 2000);
	CHECK_EQ(compared.other_context, 0);
	CHECK_EQ(compared.wrong, 0);
	CHECK_EQ(compared.shorter, 0);
}

static NOINLINE void cut_short(void)
{
	struct lh_regs regs = REGS_OF_CALLER();
	struct lh_return_slot slots[FRAMES_MAX], some[2];
	enum lh_walk_end end;
	int n = lh_walk(&regs, high, slots, FRAMES_MAX, &end, NULL);
	CHECK(n >= 2);
	CHECK_EQ(lh_walk(&regs, high, some, 2, &end, NULL), 2);
	CHECK_EQ(end, LH_WALK_CUT);
	CHECK_EQ(unwound_common(some, 2, slots, n), 2);
	CHECK_EQ(lh_walk(&regs, high, some, 0, &end, NULL), 0);
	CHECK_EQ(end, LH_WALK_CUT);
	/* A stack that ends too early. */
	CHECK_EQ(lh_walk(&regs, slots[1].slot, slots, FRAMES_MAX, &end, NULL), 1);
	CHECK_EQ(end, LH_WALK_DAMAGED);
}

static void no_rules(void)
{
	uintptr_t words[8] = {0};
	struct lh_return_slot slots[4];
	enum lh_walk_end end;
	struct lh_regs regs = {(uintptr_t)words, (uintptr_t)words, (uintptr_t)words};
	CHECK_EQ(lh_walk(&regs, (uintptr_t)(words + 8), slots, 4, &end, NULL), 0);
	CHECK_EQ(end, LH_WALK_NO_CFI);
	regs.pc = (uintptr_t)no_rules + 1; /* a stack pointer above the stack */
	CHECK_EQ(lh_walk(&regs, (uintptr_t)words - 4096, slots, 4, &end, NULL), 0);
	CHECK_EQ(end, LH_WALK_DAMAGED);
}

/* Measures the stack that a walk uses, on a stack filled with a pattern. */
static struct lh_regs painted_regs;
static uintptr_t painted_high, painted_top;

static void walk_on_painted_stack(void)
{
	static struct lh_return_slot slots[FRAMES_MAX];
	enum lh_walk_end end;
	painted_top = (uintptr_t)__builtin_frame_address(0);
	lh_walk(&painted_regs, painted_high, slots, FRAMES_MAX, &end, NULL);
}

static NOINLINE void stack_usage(void)
{
	static unsigned char stack[64 << 10] __attribute__((aligned(16)));
	painted_regs = REGS_OF_CALLER();
	painted_high = high;
	memset(stack, 0xa5, sizeof stack);
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof stack;
	there.uc_link = &back;
	makecontext(&there, walk_on_painted_stack, 0);
	swapcontext(&back, &there);
	size_t i = 0;
	while (stack[i] == 0xa5)
		i++;
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
	if (!CHECK(painted_top - (uintptr_t)&stack[i] < 768))
		printf("\t%zu bytes\n", painted_top - (uintptr_t)&stack[i]);
#endif
}

int main(void)
{
	high = top_of_stack();
	signal(SIGUSR1, at_signal);
	from_everywhere();
	at_every_instruction();
	lh_walk_set_cache(cache);
	from_everywhere();
	at_every_instruction(); /* fills the cache */
	at_every_instruction(); /* uses the cache */
	cut_short();
	no_rules();
	stack_usage();
	return unit_done();
}
