/*
 * test_names.c — the normal form of demangled names, and template names from text and entries.
 * LINKS: tools/symbols/name_form.c tools/symbols/rust_name.c tools/symbols/template_text.c tools/symbols/base_type.c tools/util/
 */
#include "tools/symbols/name_form.h"
#include "tools/symbols/rust_name.h"
#include "tools/symbols/template_text.h"
#include "tests/unit/unit.h"

static struct lh_arena *arena;

static void form(const char *name, const char *expected)
{
	CHECK_STR(lh_name_form(arena, name), expected);
}

static void return_types(void)
{
	form("main", "main");
	form("f()", "f()");
	form("void f<int>(int)", "f<int>(int)");
	form("std::map<int, char>::value_type* a::f<int>(int) const", "a::f<int>(int) const");
	form("char const* f<int>(char const*)", "f<int>(char const*)");
	form("decltype (x+1) f<int>(int)", "f<int>(int)");
	form("decltype(auto) f<int>(int)", "f<int>(int)");
	form("void (anonymous namespace)::f<int>(int)", "(anonymous namespace)::f<int>(int)");
	form("(anonymous namespace)::f(int)", "(anonymous namespace)::f(int)");
	form("bool a::operator< <int>(int)", "a::operator< <int>(int)");
	form("void A::operator()<int>(int)", "A::operator()<int>(int)");
	form("A::operator unsigned long() const", "A::operator unsigned long() const");
	form("operator new(unsigned long)", "operator new(unsigned long)");
	form("void (*f<int>(int))(char)", "void (*f<int>(int))(char)");
	form("a operator->*<int>(int)", "operator->*<int>(int)");
	form("int operators<int>()", "operators<int>()");
}

static void suffixes(void)
{
	form("f(int) [clone .cold]", "f(int)");
	form("f(int) [clone .isra.0] [clone .cold]", "f(int)");
	form("g[abi:cxx11](int)", "g(int)");
	form("A[abi:cxx11]::f[abi:v1]()", "A::f()");
}

static void lambdas(void)
{
	form("main::{lambda()#2}::operator()() const", "main::{lambda#2}");
	form("f(int)::{lambda(int)#1}::operator()(int) const", "f(int)::{lambda#1}");
	form("auto f()::{lambda(auto:1)#1}::operator()<int>(int) const", "f()::{lambda#1}<int>");
	form("f()::{lambda()#1}::operator()() const::{lambda()#3}::operator()()",
	     "f()::{lambda#1}::{lambda#3}");
	form("main::$_0::operator()() const", "main::{lambda#1}");
	form("$_11::operator()(int) const", "{lambda#12}");
	form("main::$_0::__invoke(int)", "main::{lambda#1}::_FUN(int)");
	form("void run<main::{lambda()#1}>(main::{lambda()#1}&&)",
	     "run<main::{lambda#1}>(main::{lambda#1}&&)");
	form("void run<main::$_2>(main::$_2)", "run<main::{lambda#3}>(main::{lambda#3})");
	form("run<(lambda at a.cc:12:3)>", "run<{lambda}>"); /* no line */
	form("run<main()::<lambda(int)> >", "run<main()::{lambda} >");
	form("{lambda(void (*)(int))#7}::operator()(void (*)(int)) const", "{lambda#7}");
}

/* A cut or senseless text ends. */
static void damaged(void)
{
	static const char *const texts[] = {"",
					    "{lambda(",
					    "(lambda at ",
					    "$_",
					    "<",
					    "operator",
					    "[abi:",
					    " [clone ",
					    "{lambda()#}",
					    "a<b<c(d",
					    ">>>)))",
					    "void (*",
					    "$_99999999999999999999",
					    "{lambda()#1}::operator()<"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(lh_name_form(arena, texts[i]) != NULL);
		CHECK(lh_template_text(arena, texts[i], NULL, 0, false) != NULL);
	}
}

static void template(const char *name, const char *entry, bool cut, const char *expected)
{
	const char *entries[2] = {entry, entry};

	CHECK_STR(lh_template_text(arena, name, entries, entry ? 1 : 0, cut), expected);
}

static void templates(void)
{
	const char *const both[] = {"0ul", "main::{lambda#2}"};

	template("run<int>", "int", false, "run<int>");
	template("run", "int", false, "run<int>"); /* clang can leave the arguments out */
	template("operator<<int>", "int", false, "operator< <int>");
	template("Box<Box<int> >", "Box<int>", false, "Box<Box<int> >");
	template("f<main()::<lambda()> >", "main::{lambda#1}", false, "f<main::{lambda#1}>");
	/* a partial specialization: the entry is the parameter of the specialization */
	template("function<void(int)>", "void", false, "function<void (int)>");
	template("function<void()>", "void", false, "function<void ()>");
	template("pair<const int, long unsigned int>", NULL, false,
		 "pair<int const, unsigned long>");
	template("set<pair<const char*, short int> >", NULL, false,
		 "set<pair<char const*, short> >");
	template("at<(& a::b)>", "?", false, "at<a::b>");
	template("at<&(anonymous namespace)::b>", "?", false, "at<(anonymous namespace)::b>");
	template("thread<int, void>", "int", true, "thread<int>"); /* the rest has the defaults */
	CHECK_STR(lh_template_text(arena, "Head<0, main()::<lambda()>, false>", both, 2, false),
		  "Head<0ul, main::{lambda#2}, false>");
	CHECK_STR(lh_template_text(arena, "f<>", NULL, 0, false), "f<>");
}

static void rust(const char *name, const char *expected)
{
	const char *form = lh_rust_name(arena, name);

	CHECK_STR(form ? form : "none", expected);
}

static void rust_names(void)
{
	rust("std::sync::mutex::Mutex$LT$T$GT$::lock::h515788ff5d6ced0a",
	     "std::sync::mutex::Mutex<T>::lock");
	rust("locks::mixed::_$u7b$$u7b$closure$u7d$$u7d$::h0123456789abcdef",
	     "locks::mixed::{{closure}}");
	rust("_$LT$core..panic..Safe$LT$F$GT$$u20$as$u20$core..ops..FnOnce$LT$$LP$$RP$$GT$$GT$::"
	     "call"
	     "::hfb9a2e938981d822",
	     "<core::panic::Safe<F> as core::ops::FnOnce<()>>::call");
	rust("a::_b::h0123456789abcdef", "a::_b");
	rust("a::b::h0123456789abcdeg", "none"); /* no hash */
	rust("a::b::h0123456789abcde", "none");
	rust("std::mutex::lock()", "none");
	rust("::h0123456789abcdef", "none");
	rust("", "none");
}

int main(void)
{
	arena = lh_arena_new();
	return_types();
	suffixes();
	lambdas();
	damaged();
	templates();
	rust_names();
	lh_arena_free(arena);
	return unit_done();
}
