/* test_place.c — tests which frames are a library's or a wrapper, and which one is the place.
 * LINKS: tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tests/unit/unit.h"
#include "tools/report/report_internal.h"

#define TRIPLE "/usr/include/x86_64-linux-gnu"

static void libraries(void)
{
	static const char *const own[] = {"/home/x/src/a.cc",        "/home/x/include/c++/12/a.h",
					  "/home/x/include/c++/a.h", "src/a.c",
					  "/usr/src/app/a.c",        "/opt/app/include/a.h"};
	static const char *const system[] = {
		TRIPLE "/c++/12/bits/gthr-default.h",
		"/usr/include/c++/12/mutex",
		"/usr/include/c++/12/backward/binders.h",
		"/usr/include/c++/12/experimental/memory",
		"/usr/include/c++/12/tr1/memory",
		"/usr/include/boost/thread/mutex.hpp",
		"/usr/lib/llvm-14/include/c++/v1/mutex",
		"/usr/lib/gcc/x86_64-linux-gnu/12/include/xmmintrin.h",
		"/usr/local/include/c++/v1/mutex",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		CHECK(!lh_report_is_library("shop::Table::open()", own[i]));
		CHECK(!lh_report_is_library(NULL, own[i]));
	}
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
		CHECK(lh_report_is_library("f(int)", system[i]));
		CHECK(lh_report_is_library(NULL, system[i]));
	}
}

/* A compiler that is installed elsewhere: its headers have functions of the C++ library. */
static void elsewhere(void)
{
	static const char gcc[] = "/opt/gcc-13/include/c++/13.1.0/bits/std_mutex.h";
	static const char llvm[] = "/nix/store/x/include/c++/v1/__mutex_base";

	CHECK(lh_report_is_library("std::mutex::lock()", gcc));
	CHECK(lh_report_is_library("void std::lock<A, B>(A&, B&)", gcc));
	CHECK(lh_report_is_library("__gthread_mutex_lock(pthread_mutex_t*)", gcc));
	CHECK(lh_report_is_library("std::__1::mutex::lock()", llvm));
	CHECK(!lh_report_is_library("Table::open(std::mutex&)", gcc));
	CHECK(!lh_report_is_library("std::vector<int> shop::list<std::less<int>>(int)", gcc));
	CHECK(!lh_report_is_library("std::hash<shop::Key>::operator()(shop::Key const&) const",
				    "/home/x/key.h"));
}

static void without_file(void)
{
	CHECK(lh_report_is_library("std::mutex::lock()", NULL));
	CHECK(lh_report_is_library("void std::__invoke_impl<void, main::{lambda()#1}>(X, Y)",
				   NULL));
	CHECK(lh_report_is_library("std::function<void (int)>::operator()(int) const", NULL));
	CHECK(!lh_report_is_library("main::{lambda(std::mutex&)#1}::operator()(std::mutex&)",
				    NULL));
	CHECK(!lh_report_is_library("(anonymous namespace)::f(std::mutex&)", NULL));
	CHECK(!lh_report_is_library("stdin_lock", NULL));
	CHECK(lh_report_is_library("absl::lts_20220623::Mutex::Lock()", NULL));
	CHECK(lh_report_is_library("core::ops::function::FnOnce::call_once", NULL));
	CHECK(lh_report_is_library("<alloc::boxed::Box<F,A> as core::ops::function::FnOnce<Args>>"
				   "::call_once",
				   NULL));
	CHECK(!lh_report_is_library("core::Server::lock()", NULL)); /* of C++ */
	CHECK(!lh_report_is_library("shop::core::lock", NULL));
	CHECK(lh_report_is_library("_RNvNtNtCsjrHSEGnQ3l9_3std3sys5futex10futex_wait", NULL));
	CHECK(!lh_report_is_library("_RNvCs1234_4shop4main", NULL));
	CHECK(lh_report_is_library("main", "/rustc/5980/library/std/src/rt.rs"));
	CHECK(lh_report_is_library("take", "/home/a/.cargo/registry/src/x/lib.rs"));
	CHECK(!lh_report_is_library("void ns::f<(ns::E)0>(std::mutex&)", NULL));
	CHECK(!lh_report_is_library("", NULL));
	CHECK(!lh_report_is_library(NULL, NULL));
}

/* ---- the place ---- */

static const struct lh_report_frame inner = {.function = "lock", .line = 3, .wrapper = true},
				    own = {.function = "work", .line = 5},
				    caller = {.function = "main", .line = 9},
				    outside = {.function = "queue", .line = 2},
				    inside = {.function = "push", .line = 4, .inside = true},
				    library = {.function = "read", .line = 1, .system = true},
				    header = {.function = "std::f", .line = 1, .system = true},
				    bare = {.function = "f"}, nameless = {.offset = 7},
				    hidden = {.function = "_start", .ours = true};

static const char *place(const struct lh_report_frame *const *frame)
{
	struct lh_report_frame list[8];
	struct lh_report_stack t = {.frame = list};
	const struct lh_report_frame *found;

	for (; frame[t.n]; t.n++)
		list[t.n] = *frame[t.n];
	found = lh_report_place(&t);
	return !found ? "none" : found->function ? found->function : "nameless";
}

#define PLACE(...) place((const struct lh_report_frame *const[]){__VA_ARGS__, NULL})

static void places(void)
{
	CHECK_STR(PLACE(&own, &caller), "work");
	CHECK_STR(PLACE(&inner, &own, &caller), "work");
	CHECK_STR(PLACE(&header, &inner, &header, &own, &caller), "work");
	CHECK_STR(PLACE(&library, &nameless, &own), "work");
	CHECK_STR(PLACE(&bare, &library), "f");
	CHECK_STR(PLACE(&library, &bare), "f");
	CHECK_STR(PLACE(&inner, &library), "lock");
	CHECK_STR(PLACE(&library, &nameless), "nameless");
	CHECK_STR(PLACE(&library, &header), "read");
	CHECK_STR(PLACE(&outside, &inside, &caller), "push");
	CHECK_STR(PLACE(&outside, &inner, &caller), "queue");
	CHECK_STR(PLACE(&hidden), "none");
	CHECK(!lh_report_place(NULL));
}

/* ---- wrappers ---- */

/* The frames of "Guard Mutex", innermost first; "+" makes one call, "/" is of a library. */
static const char *wrappers(const char *named, bool cut, bool announced, const char *const *word)
{
	static char text[200];
	struct lh_report *report =
		lh_report_new((struct lh_report_options){.wrappers = named, .root = "/"});
	struct lh_report_frame f[8] = {0};
	uint32_t n = 0;

	for (; word[n]; n++) {
		f[n].function = word[n] + strspn(word[n], "+/");
		f[n].wrapper = word[n][0] == '+';
		f[n].system = word[n][0] == '/';
		f[n].file = f[n].system ? "/usr/include/a.h" : "a.c";
		f[n].module = "/opt/app";
	}
	lh_report_mark_wrappers(report, f, n, cut, announced);
	text[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		if (f[i].wrapper)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
				 f[i].function);
	lh_report_free(report);
	return text;
}

#define WRAPPERS(named, cut, ...)                                                                  \
	wrappers(named, cut, false, (const char *const[]){__VA_ARGS__, NULL})
#define ANNOUNCED(...) wrappers(NULL, false, true, (const char *const[]){__VA_ARGS__, NULL})

static void marks(void)
{
	CHECK_STR(WRAPPERS(NULL, false, "+lock()", "work()", "main"), "lock() ");
	CHECK_STR(WRAPPERS(NULL, false, "+lock()", "+Guard()", "work()", "main"),
		  "lock() Guard() ");
	/* what makes one call, of a function that does more */
	CHECK_STR(WRAPPERS(NULL, false, "work()", "+run()", "main"), "");
	CHECK_STR(WRAPPERS(NULL, false, "/std::mutex::lock()", "+lock()", "main"), "lock() ");
	CHECK_STR(WRAPPERS(NULL, false, "/std::vector<lock>::f()", "+run()", "main"), "");
	/* the outermost has no caller to name, unless the stack was cut */
	CHECK_STR(WRAPPERS(NULL, false, "+lock()", "+main"), "lock() ");
	CHECK_STR(WRAPPERS(NULL, false, "+thread"), "");
	CHECK_STR(WRAPPERS(NULL, true, "+lock()", "+f()"), "lock() f() ");
	/* named: full text, or without parameters; not part of a name */
	CHECK_STR(WRAPPERS("A::lock", false, "A::lock(int)", "work()", "main"), "A::lock(int) ");
	CHECK_STR(WRAPPERS("A::lock(int)", false, "A::lock(int)", "work()"), "A::lock(int) ");
	CHECK_STR(WRAPPERS("lock", false, "A::lock(int)", "work()", "main"), "");
	CHECK_STR(WRAPPERS("f, A<int, 2>::lock", false, "void A<int, 2>::lock<int>()", "work()"),
		  "");
	CHECK_STR(WRAPPERS("f, A<int, 2>::*", false, "void A<int, 2>::lock<int>()", "work()"),
		  "void A<int, 2>::lock<int>() ");
	CHECK_STR(WRAPPERS("lock*", false, "work()", "lock_all()", "main"), "lock_all() ");
	CHECK_STR(WRAPPERS("app", false, "f()", "g()"), "f() g() ");
	/* the function that announces a lock locks, if its own name says so */
	CHECK_STR(WRAPPERS(NULL, false, "spin_lock", "work()", "main"), "");
	CHECK_STR(ANNOUNCED("spin_lock", "work()", "main"), "spin_lock ");
	CHECK_STR(ANNOUNCED("/lockhound::watched", "ns::Spin<A::B>::Acquire<int>(int)", "+f()",
			    "main"),
		  "ns::Spin<A::B>::Acquire<int>(int) f() ");
	CHECK_STR(ANNOUNCED("work()", "lock_all()", "main"), "");
	CHECK_STR(ANNOUNCED("Lock::work()", "read_clock()", "main"), "");
	CHECK_STR(ANNOUNCED("a_block<lock>()", "main"), "");
	CHECK_STR(ANNOUNCED("lock_thread"), "");
}

int main(void)
{
	libraries();
	elsewhere();
	without_file();
	places();
	marks();
	return unit_done();
}
