/* rust_name.c — brings a demangled name of Rust's older mangling into the form that Rust prints. */
#include "tools/symbols/rust_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { HASH = 16 /* digits, after "::h" */ };

/* The length of the name without its hash; 0: it has none. */
static size_t without_hash(const char *name)
{
	size_t n = strlen(name);
	const char *at = name + n - HASH;

	if (n <= HASH + 3 || strncmp(at - 3, "::h", 3) != 0)
		return 0;
	for (size_t i = 0; i < HASH; i++)
		if (!isdigit((unsigned char)at[i]) && (at[i] < 'a' || at[i] > 'f'))
			return 0;
	return n - HASH - 3;
}

/* The text of an escape such as "$LT$", whose length goes to *n; NULL: there is none. */
static const char *escape_at(const char *c, size_t *n)
{
	static const struct {
		const char *escape, *text;
	} known[] = {{"$LT$", "<"},  {"$GT$", ">"},  {"$RF$", "&"},  {"$BP$", "*"},  {"$LP$", "("},
		     {"$RP$", ")"},  {"$C$", ","},   {"$u20$", " "}, {"$u7b$", "{"}, {"$u7d$", "}"},
		     {"$u5b$", "["}, {"$u5d$", "]"}, {"$u3b$", ";"}, {"$u2b$", "+"}, {"$u27$", "'"},
		     {"$u7e$", "~"}, {"..", "::"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(c, known[i].escape, strlen(known[i].escape)) == 0) {
			*n = strlen(known[i].escape);
			return known[i].text;
		}
	return NULL;
}

const char *lh_rust_name(struct lh_arena *arena, const char *demangled)
{
	size_t n = without_hash(demangled), used = 0, skip;
	char *out;

	if (!n)
		return NULL;
	out = lh_arena_alloc(arena, n + 1);
	for (size_t i = 0; i < n;) {
		bool begins = !i || demangled[i - 1] == ':';
		const char *text = escape_at(demangled + i, &skip);

		if (text) {
			memcpy(out + used, text, strlen(text));
			used += strlen(text);
			i += skip;
		} else if (begins && demangled[i] == '_' && demangled[i + 1] == '$') {
			i++; /* a name may not begin with an escape */
		} else {
			out[used++] = demangled[i++];
		}
	}
	out[used] = '\0';
	return out;
}
