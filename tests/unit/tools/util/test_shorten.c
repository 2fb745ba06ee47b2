/* test_shorten.c — tests how names, functions and paths are shortened to a width.
 * LINKS: tools/util/ */
#include "tools/util/shorten.h"
#include "tests/unit/unit.h"
#include "tools/util/text_width.h"

#include <stdbool.h>
#include <string.h>

static struct lh_arena *arena;

static bool is(const char *text, const char *expected)
{
	if (strcmp(text, expected) == 0)
		return true;
	printf("'%s', expected '%s'\n", text, expected);
	return false;
}

static void middle(void)
{
	CHECK(is(lh_shorten(arena, "accounts", 8), "accounts"));
	CHECK(is(lh_shorten(arena, "accounts", 7), "acc…nts"));
	CHECK(is(lh_shorten(arena, "accounts", 2), "…s"));
	CHECK(is(lh_shorten(arena, "accounts", 1), "…"));
	CHECK(is(lh_shorten(arena, "accounts", 0), ""));
	CHECK(is(lh_shorten_end(arena, "accounts", 4), "acc…"));
	CHECK(is(lh_shorten_end(arena, "accounts", 8), "accounts"));
}

/* Characters of two columns are not cut, and no width is exceeded. */
static void wide(void)
{
	static const char text[] = "口座の錠前の名前";

	for (uint32_t n = 1; n < 16; n++) {
		CHECK(lh_text_width(lh_shorten(arena, text, n)) <= n);
		CHECK(lh_text_width(lh_shorten_end(arena, text, n)) <= n);
	}
	CHECK(is(lh_shorten(arena, text, 16), text));
	CHECK(is(lh_shorten(arena, text, 9), "口座…名前"));
}

static void paths(void)
{
	CHECK(is(lh_shorten_path(arena, "src/bank.c:7", 12), "src/bank.c:7"));
	CHECK(is(lh_shorten_path(arena, "/home/me/src/lib/bank.c:7", 16), "…/lib/bank.c:7"));
	CHECK(is(lh_shorten_path(arena, "/home/me/src/lib/bank.c:7", 10), "…/bank.c:7"));
	CHECK(is(lh_shorten_path(arena, "a_very_long_name.c:7", 9), "a_ve….c:7"));
}

static void parameters(void)
{
	CHECK(is(lh_shorten_function(arena, "transfer", 40), "transfer"));
	CHECK(is(lh_shorten_function(arena, "Pool::get(int, char const*) const", 40), "Pool::get"));
	CHECK(is(lh_shorten_function(arena, "void run<int>(int&&)", 40), "run<int>"));
	CHECK(is(lh_shorten_function(arena, "std::map<int, long> make<int>(int)", 40),
		 "make<int>"));
	CHECK(is(lh_shorten_function(arena, "(anonymous namespace)::f(void (*)(int))", 40),
		 "(anonymous)::f"));
	CHECK(is(lh_shorten_function(arena, "main::{lambda(int)#2}::operator()(int) const", 40),
		 "main::{lambda#2}::operator()"));
	CHECK(is(lh_shorten_function(arena, "f(int)::{lambda()#1}", 40), "f::{lambda#1}"));
	CHECK(is(lh_shorten_function(arena, "work [clone .part.0]", 40), "work"));
}

static void operators(void)
{
	CHECK(is(lh_shorten_function(arena, "Pool::operator[](int)", 40), "Pool::operator[]"));
	CHECK(is(lh_shorten_function(arena, "bool operator< <int>(A<int> const&)", 40),
		 "operator< <int>"));
	CHECK(is(lh_shorten_function(arena, "A::operator<<(int)", 40), "A::operator<<"));
	CHECK(is(lh_shorten_function(arena, "A<int>::operator->() const", 40),
		 "A<int>::operator->"));
	CHECK(is(lh_shorten_function(arena, "A::operator bool() const", 40), "A::operator bool"));
	CHECK(is(lh_shorten_function(arena, "operator new(unsigned long)", 40), "operator new"));
	CHECK(is(lh_shorten_function(arena, "my_operator(int)", 40), "my_operator"));
}

static void template_arguments(void)
{
	static const char settle[] = "trading::Book<std::pair<Euro, (Kind)3>>::settle(int)";

	CHECK(is(lh_shorten_function(arena, settle, 60),
		 "trading::Book<std::pair<Euro, (Kind)3>>::settle"));
	CHECK(is(lh_shorten_function(arena, settle, 30), "trading::Book<…>::settle"));
	CHECK(is(lh_shorten_function(arena, settle, 20), "…::Book<…>::settle"));
	CHECK(is(lh_shorten_function(arena, settle, 10), "…::settle"));
	CHECK(is(lh_shorten_function(arena, settle, 8), "tra…ttle"));
	CHECK(is(lh_shorten_name(arena, "Registry<Key, Value>::mutex_", 28),
		 "Registry<Key, Value>::mutex_"));
	CHECK(is(lh_shorten_name(arena, "Registry<Key, Value>::mutex_", 27),
		 "Registry<…>::mutex_"));
	CHECK(is(lh_shorten_name(arena, "session->mu", 5), "se…mu"));
	CHECK(is(lh_shorten_name(arena, "mutex of os::Monitor::Monitor(int, bool)", 30),
		 "mutex of os::Monitor::Monitor"));
	CHECK(is(lh_shorten_name(arena, "mutex of os::Monitor::Monitor(int, bool)", 20),
		 "mutex of …::Monitor"));
	CHECK(is(lh_shorten_name(arena, "Table<int, std::less<int>>::index (1)", 24),
		 "Table<…>::index (1)"));
}

/* Whatever the name, and however its brackets match, the result fits. */
static void anything(void)
{
	static const char *const names[] = {
		"",
		"(",
		"<",
		">",
		")(",
		"<>::f",
		"f<",
		"f(((",
		"a b c",
		"::",
		"::::",
		"operator",
		"operator(",
		"operator<",
		"x{y(",
		"<module>",
		"<A as B<C>>::drop",
		"f<(a>b)>(c)",
		"f(int) const && &",
		"é<ü>(ö)::\xff\xfe",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (uint32_t n = 0; n < 24; n++) {
			CHECK(lh_text_width(lh_shorten_function(arena, names[i], n)) <= n);
			CHECK(lh_text_width(lh_shorten_name(arena, names[i], n)) <= n);
			CHECK(lh_text_width(lh_shorten_path(arena, names[i], n)) <= n);
		}
}

int main(void)
{
	arena = lh_arena_new();
	middle();
	wide();
	paths();
	parameters();
	operators();
	template_arguments();
	anything();
	lh_arena_free(arena);
	return unit_done();
}
