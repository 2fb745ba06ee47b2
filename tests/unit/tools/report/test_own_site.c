/* test_own_site.c — tests which functions of a stack say where a lock was acquired.
 * LINKS: tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/report/report_internal.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

/*
 * A stack is a text, innermost function first: "enter:10 call:3 main:1". The number is the place in
 * the function, its line and its offset. "+": inlined into the next function. "/": of a library.
 * "*": folded.
 * "..." at the end: the stack is cut.
 */
static struct lh_report_stack stack_of(struct lh_arena *arena, const char *text)
{
	struct lh_report_stack t = {.n = 0};
	struct lh_report_frame *frame = NULL;
	char *rest = lh_arena_strdup(arena, text), *word;

	while ((word = strsep(&rest, " ")) != NULL) {
		struct lh_report_frame f = {.module = "app"};
		char *line = strchr(word, ':');

		if (!line) {
			t.cut = true;
			break;
		}
		*line = '\0';
		f.inlined = *word == '+';
		f.system = *word == '/';
		f.folded = *word == '*';
		f.function = word + (f.inlined || f.system || f.folded);
		f.line = (uint32_t)atoi(line + 1);
		f.offset = f.inlined ? 0x999 : 0x1000u * (unsigned char)f.function[0] + f.line;
		if (t.n && frame[t.n - 1].inlined) /* one copy of it for each call that it makes */
			f.offset += 0x100 * frame[t.n - 1].line;
		LH_PUSH(arena, frame, t.n, f);
	}
	t.frame = frame;
	return t;
}

static struct lh_report *report;

/* A cycle of two: class and stack of each of its four acquisitions. */
static void cycle(struct lh_acquired all[4], const char *const in[8])
{
	for (int i = 0; i < 4; i++) {
		struct lh_report_step *step = lh_arena_alloc(report->arena, sizeof(*step));
		struct lh_report_stack *t = lh_arena_alloc(report->arena, sizeof(*t));

		*t = stack_of(report->arena, in[2 * i + 1]);
		step->stack = t;
		all[i] = (struct lh_acquired){step, in[2 * i]};
	}
}

/* Their sites. */
static const char *sites(const char *const in[8], enum lh_recipe recipe)
{
	struct lh_acquired all[4];
	const char *text = "";

	cycle(all, in);
	for (uint32_t i = 0; i < 4; i++)
		text = lh_arena_printf(report->arena, "%s%s%s", text, i ? " " : "",
				       lh_own_site(report, all, 2, i, recipe));
	return text;
}
#define SITES(...) sites((const char *const[8]){__VA_ARGS__}, LH_RECIPE_2)
#define SITES_3(...) sites((const char *const[8]){__VA_ARGS__}, LH_RECIPE_3)

/* The functions that made its two orders. */
static const char *orders(const char *const in[8])
{
	struct lh_acquired all[4];

	cycle(all, in);
	return lh_arena_printf(report->arena, "%s %s",
			       lh_order_site(report, all, 2, 0, LH_RECIPE_2),
			       lh_order_site(report, all, 2, 1, LH_RECIPE_2));
}
#define ORDERS(...) orders((const char *const[8]){__VA_ARGS__})

static void lock_functions(void)
{
	/* they know their locks */
	CHECK_STR(SITES("a", "enter:1 f:1 main:1", "b", "enter:2 f:1 main:1", "b",
			"enter:2 g:1 main:2", "a", "leave:1 g:2 main:2"),
		  "enter/ enter/ enter/ leave/");
	/* they are given their locks: in one thread, */
	CHECK_STR(SITES("a", "lock:1 f:1 main:1", "b", "lock:1 f:2 main:1", "b",
			"lock:1 g:1 main:2", "a", "lock:1 g:2 main:2"),
		  "lock/f/ lock/f/ lock/g/ lock/g/");
	/* and across threads */
	CHECK_STR(SITES("a", "read:1 f:1 main:1", "b", "write:1 f:2 main:1", "b",
			"read:1 g:1 main:2", "a", "write:1 g:2 main:2"),
		  "read/f/ write/f/ read/g/ write/g/");
	CHECK_STR(SITES("a", "f:1 main:1", "b", "lock:1 f:2 main:1", "b", "g:1 main:2", "a",
			"lock:1 g:2 main:2"),
		  "f/ lock/f/ g/ lock/g/");
	/* two layers of them */
	CHECK_STR(SITES("a", "try:1 lock:1 f:1 main:1", "b", "try:1 lock:1 f:2 main:1", "b",
			"g:1 main:2", "a", "g:2 main:2"),
		  "try/lock/f/ try/lock/f/ g/ g/");
	/* four */
	CHECK_STR(SITES("a", "m:1 try:1 lock:1 guard:1 f:1 main:1", "b",
			"m:1 try:1 lock:1 guard:1 f:2 main:1", "b", "g:1 main:2", "a",
			"g:2 main:2"),
		  "m/try/lock/guard/f/ m/try/lock/guard/f/ g/ g/");
}

static void order_makers(void)
{
	/* functions of one lock each: their common caller makes the order, however deep they are */
	CHECK_STR(ORDERS("a", "get_a:1 f:1 main:1", "b", "get_b:1 x:1 y:1 z:1 f:2 main:1", "b",
			 "get_b:1 g:1 main:2", "a", "get_a:1 g:2 main:2"),
		  "f g");
	/* its second call may be its last act */
	CHECK_STR(ORDERS("a", "get_a:1 f:1 main:1", "b", "get_b:1 x:1 main:1", "b",
			 "get_b:1 g:1 main:2", "a", "get_a:1 main:2"),
		  "f g");
	/* a site has it already */
	CHECK_STR(ORDERS("a", "f:1 main:1", "b", "get_b:1 f:2 main:1", "b", "lock:1 g:1 main:2",
			 "a", "lock:1 g:2 main:2"),
		  " ");
	/* f makes the one order itself, and its callers the other: through f, or without it */
	CHECK_STR(ORDERS("a", "f:1 g:1 main:1", "b", "f:2 g:1 main:1", "b", "f:2 g:1 main:2", "a",
			 "leave:1 g:2 main:2"),
		  " ");
	CHECK_STR(ORDERS("a", "f:1 g:1 main:1", "b", "f:2 g:1 main:1", "b", "get_b:1 g:1 main:2",
			 "a", "get_a:1 g:2 main:2"),
		  " g");
	/* f is no site of the order that it makes */
	CHECK_STR(ORDERS("a", "get_a:1 f:1 g:1 main:1", "b", "get_b:1 f:2 g:1 main:1", "b",
			 "get_b:1 f:2 g:1 main:2", "a", "get_a:1 leave:1 g:2 main:2"),
		  "f ");
	/* an inlined function is called by many addresses */
	CHECK_STR(ORDERS("a", "get_a:1 +f:1 main:7", "b", "get_b:1 +f:2 main:7", "b",
			 "get_b:1 g:1 main:2", "a", "get_a:1 g:2 main:2"),
		  "f g");
	/* cut: in what both have, or not known */
	CHECK_STR(ORDERS("a", "get_a:1 f:1 r:1 r:1 ...", "b", "get_b:1 h:1 f:2 r:1 ...", "b",
			 "get_b:1 g:1 ...", "a", "get_a:1 g:2 ..."),
		  "f ");
}

static void one_class(void)
{
	/* the order is made in the function that acquires both */
	CHECK_STR(SITES("x", "transfer:1 f:1 main:1", "x", "transfer:2 f:1 main:1", "x",
			"transfer:1 g:1 main:2", "x", "transfer:2 g:1 main:2"),
		  "transfer/ transfer/ transfer/ transfer/");
	CHECK_STR(SITES("x", "read:1 f:1 main:1", "x", "write:1 f:2 main:1", "x",
			"read:1 g:1 main:2", "x", "write:1 g:2 main:2"),
		  "read/f/ write/f/ read/g/ write/g/");
	/* in a loop, of which function is not known */
	CHECK_STR(SITES("x", "all:1 f:1 main:1 start:1", "x", "all:1 f:1 main:1 start:1", "x",
			"all:1 g:1 main:2 start:1", "x", "all:1 g:1 main:2 start:1"),
		  "all/f/main/ all/f/main/ all/g/main/ all/g/main/");
	/* stacks that are cut: parted inside of what they have in common, or anywhere */
	CHECK_STR(SITES("x", "get:1 f:1 r:1 r:1 ...", "x", "put:1 h:1 f:2 r:1 ...", "x",
			"get:1 g:1 k:1 ...", "x", "put:1 g:2 l:1 ..."),
		  "get/f/ put/h/f/ get/g/k/ put/g/l/");
}

static void unknown_class(void)
{
	CHECK_STR(SITES(NULL, "enter:1 f:1 main:1", NULL, "enter:2 f:1 main:1", NULL,
			"enter:2 g:1 main:2", NULL, "leave:1 g:2 main:2"),
		  "enter/ enter/ enter/g/ leave/g/");
	CHECK_STR(SITES("a", "enter:1 f:1 main:1", NULL, "get:2 f:2 main:1", NULL,
			"get:2 g:1 main:2", "a", "enter:1 g:2 main:2"),
		  "enter/f/ get/f/ get/g/ enter/g/");
}

static void inlined(void)
{
	/* an inlined lock function is the same in two callers, although its address is not */
	CHECK_STR(SITES("a", "+lock:1 f:1 main:1", "b", "+lock:1 f:2 main:1", "b",
			"+lock:1 g:1 main:2", "a", "+lock:1 g:2 main:2"),
		  "lock/f/ lock/f/ lock/g/ lock/g/");
	CHECK_STR(SITES("a", "+outer:1 f:1 main:1", "b", "+inner:1 f:2 main:1", "b",
			"+inner:1 g:1 main:2", "a", "+outer:1 g:2 main:2"),
		  "outer/ inner/ inner/ outer/");
}

/* What recipe v3 adds. */
static void recipe_3(void)
{
	/* of a folded function, its caller tells which function it is */
	CHECK_STR(SITES_3("a", "*f:1 g:1 main:1", "b", "*f:2 g:1 main:1", "b", "h:1 main:2", "a",
			  "h:2 main:2"),
		  "f/g/ f/g/ h/ h/");
	CHECK_STR(SITES_3("a", "*f:1 *g:1 main:1", "b", "f:2 *g:1 main:1", "b", "h:1 main:2", "a",
			  "h:2 main:2"),
		  "f/g/main/ f/ h/ h/");
	CHECK_STR(SITES("a", "*f:1 g:1 main:1", "b", "*f:2 g:1 main:1", "b", "h:1 main:2", "a",
			"h:2 main:2"),
		  "f/ f/ h/ h/");
	/* functions that part more than three calls away */
	CHECK_STR(SITES_3(NULL, "a:1 b:1 c:1 d:1 e:1 main:1", NULL, "k:1 e:2 main:1", NULL,
			  "f:1 main:2", NULL, "f:2 main:2"),
		  "a/b/c/d/e/ k/e/ f/ f/");
	CHECK_STR(SITES(NULL, "a:1 b:1 c:1 d:1 e:1 main:1", NULL, "k:1 e:2 main:1", NULL,
			"f:1 main:2", NULL, "f:2 main:2"),
		  "a/b/c/ k/e/ f/ f/");
	/* nothing new: known classes, and a loop in any of the functions */
	CHECK_STR(SITES_3("a", "a:1 b:1 c:1 d:1 e:1 main:1", "b", "k:1 e:2 main:1", "b",
			  "f:1 main:2", "a", "f:2 main:2"),
		  "a/ k/ f/ f/");
	CHECK_STR(SITES_3("x", "a:1 b:1 c:1 d:1 main:1", "x", "a:1 b:1 c:1 d:1 main:1", "x",
			  "f:1 main:2", "x", "f:2 main:2"),
		  "a/b/c/ a/b/c/ f/ f/");
}

static void libraries(void)
{
	CHECK_STR(SITES("a", "/g_mutex_lock:1 f:1", "b", "/g_mutex_lock:1 f:2", "b",
			"/g_mutex_lock:1 /g_call:2", "a", "/g_mutex_lock:1 /g_call:3"),
		  "f/ f/ g_mutex_lock/g_call/ g_mutex_lock/g_call/");
}

static void no_stack(void)
{
	CHECK_STR(SITES("thread", "", "b", "f:2 main:1", "b", "g:1 main:2", "thread", "h:1 main:2"),
		  " f/ g/ h/");
}

int main(void)
{
	report = lh_report_new((struct lh_report_options){0});
	lock_functions();
	order_makers();
	one_class();
	unknown_class();
	inlined();
	recipe_3();
	libraries();
	no_stack();
	lh_report_free(report);
	return unit_done();
}
