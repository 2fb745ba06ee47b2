/* policy.c — reads a policy file and checks orders of two locks against it. */
#include "tools/project/policy.h"

#include <stdlib.h>
#include <string.h>

#include "tools/util/config_lines.h"
#include "tools/util/glob.h"
#include "tools/util/path.h"

/* ---- names and rules ---- */

uint32_t lh_policy_add_name(struct lh_policy *p, const char *text, unsigned line)
{
	struct lh_policy_name name = {.text = text, .line = line};

	for (uint32_t i = 0; i < p->names; i++)
		if (strcmp(p->name[i].text, text) == 0)
			return i;
	name.text = lh_arena_strdup(p->arena, text);
	LH_PUSH(p->arena, p->name, p->names, name);
	return p->names - 1;
}

void lh_policy_add_rule(struct lh_policy *p, uint32_t from, uint32_t to, unsigned line)
{
	struct lh_policy_rule rule = {.from = from, .to = to, .line = line};

	for (uint32_t i = 0; i < p->rules; i++)
		if (p->rule[i].from == from && p->rule[i].to == to)
			return;
	LH_PUSH(p->arena, p->rule, p->rules, rule);
}

/* Marks the names that are reachable from `from` along rules other than rule `without`. */
static void walk(const struct lh_policy *p, uint32_t from, uint32_t without, unsigned char *marks)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < p->rules; i++) {
			const struct lh_policy_rule *a = &p->rule[i];

			if (i == without || marks[a->to] || (a->from != from && !marks[a->from]))
				continue;
			marks[a->to] = 1;
			more = true;
		}
	}
}

bool lh_policy_reaches(const struct lh_policy *p, uint32_t from, uint32_t to)
{
	return p->reach[(size_t)from * p->names + to];
}

bool lh_policy_reaches_without(const struct lh_policy *p, uint32_t from, uint32_t to, uint32_t rule)
{
	unsigned char *marks = calloc(p->names + 1, 1);
	bool found;

	if (!marks)
		return false;
	walk(p, from, rule, marks);
	found = marks[to];
	free(marks);
	return found;
}

uint32_t lh_policy_find_cycle(const struct lh_policy *p)
{
	for (uint32_t i = 0; i < p->rules; i++)
		if (lh_policy_reaches(p, p->rule[i].to, p->rule[i].from))
			return i;
	return UINT32_MAX;
}

/* ---- reading ---- */

/* The next word, "in quotes" or up to a blank. NULL: there is none, or an error was reported. */
static char *next_token(struct lh_config_lines *l, char **at, bool *quoted)
{
	char *token = *at += strspn(*at, " \t");
	size_t n;

	*quoted = *token == '"';
	if (!*token)
		return NULL;
	token += *quoted;
	n = *quoted ? strcspn(token, "\"") : strcspn(token, " \t");
	if (*quoted && !token[n]) {
		lh_config_lines_error(l, token - 1,
				      "the quote is not closed; expected \" after the name");
		return NULL;
	}
	*at = token + n + (token[n] != '\0');
	token[n] = '\0';
	return token;
}

/* name < name [< name]... */
static bool read_chain(struct lh_policy *p, struct lh_config_lines *l)
{
	char *at = l->text, *token, *start = l->text;
	uint32_t previous = UINT32_MAX, n = 0;
	bool quoted;

	while ((token = next_token(l, &at, &quoted)) != NULL) {
		bool sign = !quoted && strcmp(token, "<") == 0;
		uint32_t name;

		start = token;
		if (sign != (n++ % 2 == 1))
			return lh_config_lines_error(
				l, token,
				sign ? "'%s' without a lock before it; expected a name"
				     : "'%s' where '<' was expected: NAME < NAME",
				token);
		if (sign)
			continue;
		if (!*token)
			return lh_config_lines_error(l, token, "an empty name; expected a lock");
		name = lh_policy_add_name(p, token, l->number);
		if (name == previous)
			return lh_config_lines_error(
				l, token, "'%s' before itself; expected another lock", token);
		if (previous != UINT32_MAX)
			lh_policy_add_rule(p, previous, name, l->number);
		previous = name;
	}
	if (l->bad)
		return false;
	return (n > 2 && n % 2) ||
	       lh_config_lines_error(l, start + strlen(start),
				     "the line ends too early; expected NAME < NAME");
}

static void compute_closure(struct lh_policy *p)
{
	p->reach = lh_arena_alloc(p->arena, (size_t)p->names * p->names + 1);
	for (uint32_t i = 0; i < p->names; i++)
		walk(p, i, UINT32_MAX, p->reach + (size_t)i * p->names);
}

bool lh_policy_read(struct lh_policy *p, struct lh_arena *arena, const char *path)
{
	struct lh_config_lines l;

	*p = (struct lh_policy){.arena = arena, .path = path};
	if (!lh_config_lines_open(&l, arena, path))
		return false;
	while (lh_config_lines_next(&l))
		if (*l.text && !read_chain(p, &l))
			break;
	lh_config_lines_close(&l);
	compute_closure(p);
	return !l.bad;
}

/* ---- locks ---- */

static bool is_initialized_at(const char *pattern, const struct lh_report_lock *lock)
{
	const struct lh_report_frame *f = lh_report_place(lock->init_stack);
	char location[600];

	if (!f)
		return false;
	if (lh_glob_match(pattern, f->function))
		return true;
	if (!f->file)
		return false;
	snprintf(location, sizeof(location), "%s:%u", lh_path_base(f->file), f->line);
	return lh_glob_match(pattern, location) || lh_glob_match(pattern, lh_path_base(f->file));
}

static bool is_called(const char *name, const struct lh_report_lock *lock)
{
	if (strncmp(name, "born:", 5) == 0)
		return is_initialized_at(name + 5, lock);
	return lh_glob_match(name, lock->plain);
}

static uint32_t find_name(struct lh_policy *p, const struct lh_report_lock *lock)
{
	uint32_t found = UINT32_MAX;

	for (uint32_t i = 0; i < p->names; i++) {
		if (!is_called(p->name[i].text, lock))
			continue;
		p->name[i].matched = true;
		if (found == UINT32_MAX || strcmp(p->name[i].text, lock->plain) == 0)
			found = i;
	}
	return found;
}

uint32_t lh_policy_name_of(struct lh_policy *p, const struct lh_report_lock *lock)
{
	struct {
		uint32_t name;
		bool known;
	} *found = lh_map_get(&p->of_lock, p->arena, &lock->id, sizeof(lock->id), sizeof(*found));

	if (!found->known)
		found->name = find_name(p, lock);
	found->known = true;
	return found->name;
}

enum lh_policy_verdict lh_policy_check(struct lh_policy *p, const struct lh_report_lock *held,
				       const struct lh_report_lock *wanted)
{
	uint32_t a = lh_policy_name_of(p, held), b = lh_policy_name_of(p, wanted);

	if (a == UINT32_MAX || b == UINT32_MAX)
		return LH_POLICY_UNDECLARED;
	if (a == b || lh_policy_reaches(p, a, b))
		return LH_POLICY_OK;
	return lh_policy_reaches(p, b, a) ? LH_POLICY_REVERSED : LH_POLICY_UNDECLARED;
}

const char *lh_policy_lock_text(struct lh_arena *arena, const struct lh_report_lock *lock,
				bool with_line)
{
	const struct lh_report_frame *f;

	if (lock->named)
		return lock->plain;
	f = lh_report_place(lock->init_stack);
	if (!f || (!f->function && !f->file))
		return NULL;
	if ((with_line || !f->function) && f->file)
		return lh_arena_printf(arena, "born:%s:%u", lh_path_base(f->file), f->line);
	return lh_arena_printf(arena, "born:%s", f->function);
}
