/* rows.c — reads rows, word by word. */
#include "libcheck/lock_api/rows.h"

enum { ARGUMENTS_MAX = 6, BITS_MAX = 48, FUNCTION_MAX = 500 };

#define SUCCESSES "always, zero, nonzero, nonnegative, true, false, null, nonnull or a number"
#define ACTIONS "acquire, try, timed, release, wait, init or destroy"
#define KEYS "shared, lock=, value=, bits=, name=, success= or inside="
#define FUNCTION_NAME                                                                              \
	"a name: of C, of C++ without result, parameters and template arguments, or as the "       \
	"linker "                                                                                  \
	"has it"

static const char *const actions[LH_API_ACTIONS] = {"acquire", "try",  "timed",  "release",
						    "wait",    "init", "destroy"};
static const char *const successes[LH_API_NUMBER] = {"always", "zero",  "nonzero", "nonnegative",
						     "true",   "false", "null",    "nonnull"};

struct word {
	const char *at;
	uint32_t n;
};

/* A line that is being read. */
struct line {
	const char *at, *end;
	struct lh_api_error *error;
	struct lh_api *api;
	struct lh_api_row row;
	bool has_lock, has_bits, has_success;
};

static bool reject(struct line *l, struct word w, const char *problem, const char *expected)
{
	*l->error = (struct lh_api_error){w.at, w.n, problem, expected};
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_text(struct word w, const char *text)
{
	uint32_t i = 0;

	while (i < w.n && text[i] == w.at[i])
		i++;
	return i == w.n && !text[i];
}

static bool is_same(struct word a, struct word b)
{
	return a.n == b.n && __builtin_memcmp(a.at, b.at, a.n) == 0;
}

static int find(const char *const *list, int n, struct word w)
{
	for (int i = 0; i < n; i++)
		if (is_text(w, list[i]))
			return i;
	return -1;
}

/* The next word; blanks inside quotes are part of it. Length 0: none. */
static struct word next_word(struct line *l)
{
	struct word w;
	bool quoted = false;

	while (l->at < l->end && is_blank(*l->at))
		l->at++;
	w.at = l->at;
	while (l->at < l->end && (quoted || !is_blank(*l->at)))
		quoted ^= *l->at++ == '"';
	w.n = (uint32_t)(l->at - w.at);
	return w;
}

/* Without its quotes. Empty: one of them is missing, or nothing is inside. */
static struct word unquoted(struct word w)
{
	bool quoted = w.n && *w.at == '"';

	for (uint32_t i = quoted; i < w.n - quoted; i++)
		if (w.at[i] == '"')
			return (struct word){w.at, 0};
	if (!quoted)
		return w;
	if (w.n < 3 || w.at[w.n - 1] != '"')
		return (struct word){w.at, 0};
	return (struct word){w.at + 1, w.n - 2};
}

static bool read_number(struct word w, int64_t least, int64_t most, int64_t *v)
{
	uint32_t i = w.n && *w.at == '-';
	int64_t number = 0;

	if (i == w.n || w.n > 11)
		return false;
	for (; i < w.n; i++) {
		if (w.at[i] < '0' || w.at[i] > '9')
			return false;
		number = number * 10 + (w.at[i] - '0');
	}
	*v = *w.at == '-' ? -number : number;
	return *v >= least && *v <= most;
}

/* ---- the words after the action ---- */

static bool read_argument(struct line *l, struct word value, enum lh_api_lock lock)
{
	int64_t n;

	if (!read_number(value, 1, ARGUMENTS_MAX, &n))
		return reject(l, value, "is not the number of an argument", "1 to 6");
	l->row.lock = (uint8_t)lock;
	l->row.argument = (uint8_t)n;
	return true;
}

static bool read_bits(struct line *l, struct word value)
{
	int64_t n;

	if (!read_number(value, 1, BITS_MAX, &n))
		return reject(l, value, "is not a number of bits", "1 to 48");
	l->row.bits = (uint8_t)n;
	l->has_bits = true;
	return true;
}

static bool read_name(struct line *l, struct word value)
{
	struct word name = unquoted(value);

	if (!name.n)
		return reject(l, value, "is not a name", "a word, or words in quotes");
	l->row.lock = LH_API_NAME;
	l->row.name = name.at;
	l->row.name_length = name.n;
	l->row.name_number = l->api->rows;
	for (uint32_t i = l->api->rows; i-- > 0;)
		if (l->api->row[i].lock == LH_API_NAME &&
		    is_same(name, (struct word){l->api->row[i].name, l->api->row[i].name_length}))
			l->row.name_number = i;
	return true;
}

static bool read_success(struct line *l, struct word value)
{
	int i = find(successes, LH_API_NUMBER, value);
	int64_t n = 0;

	if (i < 0 && !read_number(value, INT32_MIN, INT32_MAX, &n))
		return reject(l, value, "is not a result", SUCCESSES);
	l->row.success = (uint8_t)(i < 0 ? LH_API_NUMBER : i);
	l->row.number = (int32_t)n;
	l->has_success = true;
	return true;
}

static bool read_inside(struct line *l, struct word value)
{
	l->row.inside_reported = is_text(value, "reported");
	return l->row.inside_reported || is_text(value, "hidden") ||
	       reject(l, value, "is not known for inside=", "hidden or reported");
}

static bool read_lock(struct line *l, struct word w, struct word key, struct word value)
{
	if (l->has_lock)
		return reject(l, w, "names the lock a second time",
			      "one of lock=, value= and name=");
	l->has_lock = true;
	return is_text(key, "name")
		       ? read_name(l, value)
		       : read_argument(l, value,
				       is_text(key, "lock") ? LH_API_POINTER : LH_API_VALUE);
}

static bool read_detail(struct line *l, struct word w)
{
	struct word key = {w.at, 0}, value;

	if (is_text(w, "shared")) {
		l->row.shared = true;
		return true;
	}
	while (key.n < w.n && w.at[key.n] != '=')
		key.n++;
	if (key.n == w.n)
		return reject(l, w, "is not known", KEYS);
	value = (struct word){w.at + key.n + 1, w.n - key.n - 1};
	if (is_text(key, "lock") || is_text(key, "value") || is_text(key, "name"))
		return read_lock(l, w, key, value);
	if (is_text(key, "bits"))
		return read_bits(l, value);
	if (is_text(key, "success"))
		return read_success(l, value);
	if (is_text(key, "inside"))
		return read_inside(l, value);
	return reject(l, w, "is not known", KEYS);
}

/* ---- lines ---- */

/* What the words of a row mean together. `end` is empty and lies at the end of the line. */
static bool check(struct line *l, struct word end)
{
	const struct lh_api_row *r = &l->row;
	bool may_fail = r->action == LH_API_TRY || r->action == LH_API_TIMED;

	if (may_fail && (!l->has_success || r->success == LH_API_ALWAYS))
		return reject(l, end,
			      "the row does not say which result means that the lock was acquired",
			      "success= with one of zero, nonzero, nonnegative, true, false, null, "
			      "nonnull or a number");
	if (l->has_bits && r->lock != LH_API_VALUE)
		return reject(l, end, "the row has bits= and no value", "value= with an argument");
	if (r->shared && (r->action == LH_API_INIT || r->action == LH_API_DESTROY))
		return reject(l, end, "only an acquisition or a release is shared", "no shared");
	for (uint32_t i = 0; i < l->api->rows; i++)
		if (is_same((struct word){l->api->row[i].function, l->api->row[i].length},
			    (struct word){r->function, r->length}))
			return reject(l, (struct word){r->function, r->length}, "has a row already",
				      "one row for each function");
	return true;
}

static bool read_kind(struct line *l)
{
	struct word w = next_word(l), name = unquoted(w), rest = next_word(l), more = next_word(l);
	struct lh_api_kind *k = &l->api->kind[l->api->kinds];

	if (!name.n)
		return reject(l, w, "no name after 'kind'", "a word, or words in quotes");
	if (name.n >= LH_OWN_KIND_NAME)
		return reject(l, w, "is too long", "23 bytes at most");
	if ((rest.n && !is_text(rest, "recursive")) || more.n)
		return reject(l, more.n ? more : rest, "is not known here",
			      "recursive, or nothing");
	if (l->api->kinds == LH_API_KINDS_MAX)
		return reject(l, w, "is one kind too many", "14 kinds at most");
	*k = (struct lh_api_kind){.recursive = rest.n != 0};
	__builtin_memcpy(k->name, name.at, name.n);
	l->api->kinds++;
	return true;
}

/* Without "()" at its end. Empty: not a name that a symbol can be compared with. */
static struct word function_name(struct word w)
{
	struct word name = unquoted(w);

	if (name.n > 2 && name.at[name.n - 2] == '(' && name.at[name.n - 1] == ')')
		name.n -= 2;
	for (uint32_t i = 0; i < name.n; i++)
		if (name.at[i] == '<' || name.at[i] == '=' || name.at[i] == '*' ||
		    name.at[i] == ',')
			name.n = 0;
	return name.n && name.n <= FUNCTION_MAX && name.at[name.n - 1] != ')'
		       ? name
		       : (struct word){w.at, 0};
}

static bool read_row(struct line *l, struct word function, uint32_t number)
{
	struct word name = function_name(function), w = next_word(l);
	int action = find(actions, LH_API_ACTIONS, w);

	if (!name.n)
		return reject(l, function, "is not the name of a function", FUNCTION_NAME);
	if (!w.n)
		return reject(l, w, "the row does not say what the function does", ACTIONS);
	if (action < 0)
		return reject(l, w, "is not an action", ACTIONS);
	if (l->api->rows == LH_API_ROWS_MAX)
		return reject(l, function, "is one function too many", "128 functions at most");
	l->row = (struct lh_api_row){.function = name.at,
				     .length = name.n,
				     .line = number,
				     .action = (uint8_t)action,
				     .kind = (uint8_t)(l->api->kinds - 1),
				     .argument = 1,
				     .bits = BITS_MAX};
	for (w = next_word(l); w.n; w = next_word(l))
		if (!read_detail(l, w))
			return false;
	if (action == LH_API_WAIT && !l->has_lock)
		l->row.lock = LH_API_HELD;
	if (!check(l, (struct word){l->end, 0}))
		return false;
	l->api->row[l->api->rows++] = l->row;
	return true;
}

void lh_api_begin(struct lh_api *api)
{
	api->rows = 0;
	api->kinds = 1;
	api->kind[0] = (struct lh_api_kind){.name = "lock"};
}

size_t lh_api_without_comment(const char *line, size_t n)
{
	size_t at = 0;

	while (at < n && !(line[at] == '#' && (!at || is_blank(line[at - 1]))))
		at++;
	while (at && is_blank(line[at - 1]))
		at--;
	return at;
}

bool lh_api_read_line(struct lh_api *api, const char *line, size_t n, uint32_t number,
		      struct lh_api_error *error)
{
	struct line l = {.at = line, .end = line + n, .error = error, .api = api};
	struct word first = next_word(&l);

	if (!first.n)
		return true;
	return is_text(first, "kind") ? read_kind(&l) : read_row(&l, first, number);
}

bool lh_api_is_success(const struct lh_api_row *r, uint64_t result)
{
	switch ((enum lh_api_success)r->success) {
	case LH_API_ZERO:
		return (uint32_t)result == 0;
	case LH_API_NONZERO:
		return (uint32_t)result != 0;
	case LH_API_NONNEGATIVE:
		return (int32_t)result >= 0;
	case LH_API_TRUE:
		return (uint8_t)result != 0;
	case LH_API_FALSE:
		return (uint8_t)result == 0;
	case LH_API_NULL:
		return result == 0;
	case LH_API_NONNULL:
		return result != 0;
	case LH_API_NUMBER:
		return (int32_t)result == r->number;
	case LH_API_ALWAYS:
	case LH_API_SUCCESSES:
		break;
	}
	return true;
}
